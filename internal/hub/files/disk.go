package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// Disk is a folder of this machine, or one that all replicas of the hub share.
type Disk struct{ dir string }

// NewDisk opens the folder, and makes it when it is not there.
func NewDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return &Disk{dir: dir}, nil
}

// names are made by us alone: an organisation's id and a hash.
var names = regexp.MustCompile(`^[0-9a-f-]{36}/[0-9a-f]{64}$`)

// path spreads the files over folders of two digits, so that none gets too full to be listed.
func (d *Disk) path(name string) (string, error) {
	if !names.MatchString(name) {
		return "", fmt.Errorf("files: %q is no name", name)
	}
	return filepath.Join(d.dir, name[:36], name[37:39], name[37:]), nil
}

// Put implements Store. The file gets its name only when its bytes are on the disk.
func (d *Disk) Put(_ context.Context, name string, content []byte) (err error) {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("files: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("files: %w", err), os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(content); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Get implements Store.
func (d *Disk) Get(_ context.Context, name string) ([]byte, error) {
	path, err := d.path(name)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path) //nolint:gosec // the name was judged
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	return content, nil
}

// Delete implements Store.
func (d *Disk) Delete(_ context.Context, name string) error {
	path, err := d.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("files: %w", err)
	}
	return nil
}
