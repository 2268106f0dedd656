package sqlite

// Seal turns bytes of a file into what is stored, Unseal turns them back. Everything that is stored as a file (raw archive,
// attachments, reports) passes these two, so that it can be sealed later without touching its users. For now both give
// what they are given.
func Seal(plain []byte) ([]byte, error) { return plain, nil }

// Unseal gives the bytes that Seal was given.
func Unseal(sealed []byte) ([]byte, error) { return sealed, nil }
