package sqlite

// flushFolder has nothing to do: NTFS journals the rename, and a folder cannot be flushed there.
func flushFolder(string) error { return nil }
