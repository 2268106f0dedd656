// Package sqlite is the node's database: one writer connection, a pool of readers, and the journal that every change of a
// synced record goes through.
//
// Update is the one way to write. Its closure gets a Tx, whose Insert, Change, Tombstone and Erase write a row and the
// journal entry that says who changed what, in one transaction; whatever is queued at that moment is committed together
// and each caller is answered after the COMMIT. View is the one way to read. Everything else (sync, history, live feed,
// verification) reads the journal that Update wrote.
//
// Tables that are not synced are written with plain statements through the same Tx; unjournalled.go lists them.
package sqlite
