package sqlite

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

// readers is the size of the reader pool: enough for the screens of one lab, few enough that a burst does not thrash a
// small PC.
const readers = 8

// spare is how many connections the pool has beyond those of readers: one on which a statement is prepared while every
// reader holds its own (or eight readers that all prepare would wait for each other), one for a verification, one for the
// check of the pages.
const spare = 3

// viewLimit cuts a reader that nobody gave a deadline: a snapshot held open keeps the write-ahead log growing.
const viewLimit = 30 * time.Second

// Options are what a database needs. Path and Registry are required; the rest has the stated default.
type Options struct {
	Path     string
	Clock    func() time.Time // time.Now
	Zone     *time.Location   // the lab's, for what people are shown; time.Local
	Logger   *slog.Logger     // slog.Default
	Registry journal.Registry
	Rand     io.Reader // ids, keys: crypto/rand
	Tripwire bool      // tests and debug builds: an unjournalled write of a synced table fails its Update

	// Trace sees every statement of an update before it runs, and "BEGIN" before the first one; tests that compare a run with
	// its bare statements record them. It is never set in service: the arguments are patient data.
	Trace func(query string, args []any)

	Key ed25519.PrivateKey // the node's: signs the head in the side file; nil = no side file

	Device lab.ID // of a new database: the id of a node that is made again; zero: a new one

	Migrations fs.FS  // the binary's own
	checkLimit int64  // bytes; tests set it
	Backups    string // folder for the copy made before a migration: "backups" beside the database
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Migrations == nil {
		o.Migrations = Migrations()
	}
	if o.checkLimit == 0 {
		o.checkLimit = checkLimit
	}
	return o
}

// DB is an open database. It is safe for use by many goroutines.
type DB struct {
	options     Options
	logger      *slog.Logger
	device      lab.ID
	tables      *tables
	writer      *writer
	shelter     int // groups whose updates get savepoints at once; of the leader alone
	queue       queue
	readers     *sql.DB
	seats       chan struct{} // one for each reader at work
	texts       sync.Map      // query text → *sql.Stmt of the reader pool
	textCount   atomic.Int64
	ids         idSource
	head        headFile
	health      health
	feed        feed
	dead        chan struct{}
	deadBy      error // set before dead is closed
	checkpoints checkpointer
	closing     sync.Once
	checking    background
}

// Open opens the database, or makes it. It migrates (after a backup of a database that holds data), proves the settings
// and refuses a file that a newer program wrote, in that case without touching it.
func Open(ctx context.Context, o Options) (*DB, error) {
	o = o.withDefaults()
	if o.Path == "" {
		return nil, errors.New("open database: no path")
	}
	if err := o.Registry.Check(); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	guardDriver()
	if err := refuseNewer(ctx, o); err != nil {
		return nil, err
	}
	pool, err := openPool(o.Path, writerQuery, 1)
	if err != nil {
		return nil, err
	}
	unclean := stoppedUncleanly(o.Path)
	db := &DB{options: o, logger: o.Logger, dead: make(chan struct{}), seats: make(chan struct{}, readers)}
	if err := db.start(ctx, pool, unclean); err != nil {
		if db.readers != nil {
			err = errors.Join(err, db.readers.Close())
		}
		if db.writer != nil {
			err = errors.Join(err, db.writer.close())
		}
		return nil, errors.Join(fmt.Errorf("open database: %w", mapError(err)), pool.Close())
	}
	return db, nil
}

// start brings an opened pool to the state in which it may serve.
func (db *DB) start(ctx context.Context, pool *sql.DB, unclean bool) error {
	if err := migrate(ctx, pool, db.options); err != nil {
		return err
	}
	var err error
	if db.tables, err = compileTables(ctx, pool, db.options.Registry); err != nil {
		return err
	}
	if db.writer, err = newWriter(ctx, pool, db.tables, db.options.Tripwire); err != nil {
		return err
	}
	if err := proveWriter(ctx, db.writer.conn); err != nil {
		return err
	}
	if db.device, err = db.writer.ensureDevice(ctx, db.options); err != nil {
		return err
	}
	if err := db.writer.reload(db.device); err != nil { //nolint:contextcheck // no deadline reaches the writer connection
		return err
	}
	if err := db.checkHead(ctx); err != nil {
		return err
	}
	db.ids.start(db.options.Rand, db.writer.head.HLC.Millis())
	if err := db.finishOpenErasure(ctx); err != nil {
		return err
	}
	if db.readers, err = openPool(db.options.Path, readerQuery, readers+spare); err != nil {
		return err
	}
	if err := proveReader(ctx, db.readers); err != nil {
		return err
	}
	if unclean {
		return db.checkPages(ctx)
	}
	return nil
}

// Close waits for the updates that are queued and closes the database. After an undecided commit it leaves the writer
// alone: nothing may touch the file before the restart has looked at it.
func (db *DB) Close() error {
	var err error
	db.closing.Do(func() {
		db.queue.close()
		db.checking.stop()
		db.texts.Range(func(_, kept any) bool {
			if s, ok := kept.(*sql.Stmt); ok {
				err = errors.Join(err, s.Close())
			}
			return true
		})
		err = errors.Join(err, db.readers.Close())
		select {
		case <-db.dead:
		default:
			db.signHead(true)
			err = errors.Join(err, db.writer.close())
		}
		db.feed.close()
	})
	return err
}

// Dead is closed when a COMMIT ended with an I/O error. The process must then end with an exit code of its own, so that
// it is started again; DeadErr tells why.
func (db *DB) Dead() <-chan struct{} { return db.dead }

// DeadErr gives the error behind Dead, nil while the database lives.
func (db *DB) DeadErr() error {
	select {
	case <-db.dead:
		return db.deadBy
	default:
		return nil
	}
}

// Now gives the wall clock in UTC, to the millisecond that is stored.
func (db *DB) Now() time.Time { return db.options.Clock().UTC().Truncate(time.Millisecond) }

// NewID makes an id (UUIDv7) that sorts after every id made before, also when the clock was set back.
func (db *DB) NewID() lab.ID { return db.ids.next(db.options.Clock()) }

// Device gives the id of this database's device. It is made with the file and begins the chain.
func (db *DB) Device() lab.ID { return db.device }

// Registry gives the schema that the database was opened with.
func (db *DB) Registry() journal.Registry { return db.options.Registry }
