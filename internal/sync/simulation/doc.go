// Package simulation proves sync by playing it: nodes, a hub with several replicas, the network between them and
// everything that goes wrong there, in one thread and from one seed, around the very machines that run in a lab
// (sync/engine). The same seed always plays the same history. What happens is a list of events, which is data: a list
// that fails is made smaller until nothing can be left out, and printed.
//
// The oracles share no code with the engine. They know which values every writer had seen, because they watch what each
// node shows, and judge from that alone what may overwrite what and what must stand in a conflict.
package simulation
