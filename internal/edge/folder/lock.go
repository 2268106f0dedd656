package folder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"jaanch/internal/lab"
)

// CodeInUse tells that another process serves the folder.
const CodeInUse = "folder_in_use"

// lockName is a file of its own: the database file is never opened here, because closing it would drop the engine's own
// locks on some systems.
const lockName = "node.lock"

// Lock is the right to serve one data folder. It ends with Release or with the process, however that ends; the file stays
// and means nothing by itself.
type Lock struct {
	file *os.File
}

// Acquire takes the lock of a folder that exists. It does not wait: another process that serves the folder is an error
// that names the folder and, where it can be read, the process. Readers (verify, dump, backup, doctor) need no lock.
func Acquire(data string) (*Lock, error) {
	path := filepath.Join(data, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a path of the node's own, from its configuration
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	taken, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder %s: %w", data, err), f.Close())
	}
	if !taken {
		return nil, errors.Join(inUse(data, holder(f)), f.Close())
	}
	if err := sign(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder %s: %w", data, err), f.Close())
	}
	return &Lock{file: f}, nil
}

// Release gives the folder up.
func (l *Lock) Release() error {
	if l == nil || l.file == nil {
		return nil
	}
	f := l.file
	l.file = nil
	if err := f.Close(); err != nil {
		return fmt.Errorf("release the data folder: %w", err)
	}
	return nil
}

// InUse tells whether a process serves the folder now. It writes nothing and takes nothing for longer than the question.
func InUse(data string) (used bool, err error) {
	f, err := os.Open(filepath.Join(data, lockName)) //nolint:gosec // a path of the node's own, from its configuration
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the lock of the data folder: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	free, err := tryLock(f)
	if err != nil {
		return false, fmt.Errorf("look at the lock of the data folder: %w", err)
	}
	return !free, nil
}

// sign writes the process id for people; nothing is decided by it. A full disk must not keep a node from starting, so
// a number that does not fit is left out.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // only for the message to others
	return nil
}

func holder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return ""
	}
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 0 {
		return fmt.Sprintf(" (process %d)", pid)
	}
	return ""
}

func inUse(data, who string) error {
	return &lab.Error{
		Kind: lab.KindConflict, Code: CodeInUse,
		Message: fmt.Sprintf("Another node%s works with the data folder %s. Stop it first, or give another folder with --data.", who, data),
	}
}
