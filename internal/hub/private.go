package hub

import (
	"context"
	"errors"
	"fmt"
	"os"

	"jaanch/internal/store/postgres/private"
	"jaanch/internal/telemetry"
)

// privateDatabase is the name of the database in a private server.
const privateDatabase = "jaanch"

// StartPrivate starts a Postgres of the hub's own in the directory, every safety on, and writes its address beside it
// for the other commands (readable by the owner alone). Stop ends it; so does the end of this process.
func StartPrivate(ctx context.Context, dir string) (url telemetry.Secret, stop func() error, err error) {
	server, err := private.Start(ctx, private.Options{Dir: dir})
	if err != nil {
		return "", nil, err
	}
	if err := server.CreateDatabase(ctx, privateDatabase); err != nil {
		return "", nil, errors.Join(err, server.Stop())
	}
	address := server.URL(privateDatabase)
	if err := os.WriteFile(urlFile(dir), []byte(address+"\n"), 0o600); err != nil {
		return "", nil, errors.Join(fmt.Errorf("private postgres: %w", err), server.Stop())
	}
	stop = func() error { return errors.Join(os.Remove(urlFile(dir)), server.Stop()) }
	return telemetry.Secret(address), stop, nil
}
