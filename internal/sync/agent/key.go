package agent

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// OpenKey reads the node's key, or makes it. The file holds the 32-byte seed, belongs to the service alone (0600) and
// never leaves the machine: a node that lost it joins the hub again.
func OpenKey(path string) (ed25519.PrivateKey, error) {
	seed, err := os.ReadFile(filepath.Clean(path))
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("node key: %s does not hold a key", filepath.Base(path))
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// makeKey writes the new seed to the disk before anybody learns of the key.
func makeKey(path string) (ed25519.PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	_, err = f.Write(seed)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("node key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
