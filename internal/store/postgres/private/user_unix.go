//go:build unix

package private

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account gives the user that the server runs under: nobody else's business when we are not root, else the account
// of the distribution's package or "nobody", since Postgres refuses to run as root.
func account() (uid, gid int, switched bool, err error) {
	if os.Geteuid() != 0 {
		return 0, 0, false, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil {
			return uid, gid, true, nil
		}
	}
	return 0, 0, false, errors.New("private postgres: running as root and there is no user postgres or nobody to run the server under")
}

// handOver gives the paths to the account that the server runs under.
func handOver(paths ...string) error {
	uid, gid, switched, err := account()
	if err != nil || !switched {
		return err
	}
	for _, p := range paths {
		if err := os.Chown(p, uid, gid); err != nil {
			return fmt.Errorf("private postgres: %w", err)
		}
	}
	return nil
}

// unprivileged sets the command to run under that account, in a process group of its own so that Ctrl-C at a terminal
// reaches us first.
func unprivileged(cmd *exec.Cmd) error {
	uid, gid, switched, err := account()
	if err != nil {
		return err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		cmd.Env = append(os.Environ(), "HOME=/nonexistent")
	}
	return nil
}
