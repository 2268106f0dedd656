package doctor

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
	"jaanch/internal/sync/agent"
)

// pagesUpTo is the size up to which every page of the database is looked at here; a larger one takes minutes.
const pagesUpTo = 200 << 20

// joined is where the node belongs.
type joined struct {
	agent.Memory

	seq int64 // the newest entry of the journal
}

// key reads the node's public key, nil when there is none: it is never made here.
func (x *examination) key() ed25519.PublicKey {
	path := filepath.Join(x.Data, "node.key")
	info, err := os.Stat(path)
	if err != nil {
		x.add(Finding{
			Check: "key", State: Wrong, Code: "key_missing", Says: "The node's key (node.key) is missing. Without it the node cannot sign reports and is a stranger to the hub.",
			Do: "Bring it back from the place where you keep a copy of it. If it is lost, the node must join the hub again.",
		})
		return nil
	}
	if mode := info.Mode().Perm(); tooOpen(mode) {
		x.add(Finding{
			Check: "key", State: Wrong, Code: "key_open", Says: fmt.Sprintf("Other accounts of this PC can read the node's key (its mode is %s).", mode),
			Do: "Close it: chmod 600 " + path,
		})
	}
	private, err := agent.OpenKey(path)
	if err != nil {
		x.add(Finding{Check: "key", State: Wrong, Code: "key_unreadable", Says: "The node's key (node.key) cannot be read: " + reason(err) + ".", Do: "Bring it back from the place where you keep a copy of it."})
		return nil
	}
	public, _ := private.Public().(ed25519.PublicKey)
	return public
}

// database looks at the lab's data; false when there is none to look at.
func (x *examination) database(ctx context.Context) bool {
	path := filepath.Join(x.Data, "lab.db")
	info, err := os.Stat(path)
	if err != nil {
		x.add(Finding{Check: "database", State: Wrong, Code: "database_missing", Says: "There is no database in the folder (lab.db).", Do: "A new lab begins with edge serve or edge init; else bring it back from a copy."})
		return false
	}
	key := x.key()
	if mode := info.Mode().Perm(); tooOpen(mode) {
		x.add(Finding{Check: "database", State: Wrong, Code: "database_open", Says: fmt.Sprintf("Other accounts of this PC can read the lab's data (the mode of lab.db is %s).", mode), Do: "Close it: chmod 600 " + path})
	}
	c, err := sqlite.Look(ctx, path, key)
	switch {
	case err != nil:
		x.add(Finding{
			Check: "database", State: Wrong, Code: lab.CodeOf(err), Says: "The database cannot be read: " + reason(err),
			Do: "Stop the node, keep the folder as it is, and bring back the newest copy; see the operations manual.",
		})
		return true
	case c.Newer():
		x.add(Finding{
			Check: "database", State: Wrong, Code: sqlite.CodeNewer, Figures: map[string]int64{"schema": c.Schema, "program": c.Known},
			Says: fmt.Sprintf("The database belongs to a newer version of the program (%d; this one knows %d).", c.Schema, c.Known),
			Do:   "Install that version. Nothing was changed.",
		})
		return true
	}
	x.version(c)
	x.chain(c)
	if info.Size() <= pagesUpTo {
		x.pages(ctx, path)
	}
	x.contents(ctx, path, c)
	return true
}

func (x *examination) version(c sqlite.Condition) {
	f := Finding{Check: "database", State: OK, Says: fmt.Sprintf("The database can be read and fits this program (version %d).", c.Schema), Figures: map[string]int64{"schema": c.Schema, "program": c.Known}}
	if c.Schema < c.Known {
		f.State, f.Code = Look, "database_older"
		f.Says = fmt.Sprintf("The database can be read and is of an older version (%d; this program makes it %d).", c.Schema, c.Known)
		f.Do = "Start the node with this program: it copies the database first and then brings it up."
		if x.served {
			f.Do = "A node of another version of the program is running: stop it and start this one."
		}
	}
	x.add(f)
}

// signedWithin is how many entries a node may write before it signs the end of its journal anew.
const signedWithin = 1000

// chain says how the end of the journal fits the head that was signed beside it.
func (x *examination) chain(c sqlite.Condition) {
	f := Finding{Check: "journal", State: Wrong, Code: c.Fault, Figures: map[string]int64{"entries": c.Seq, "signed": c.Signed.Seq}}
	switch c.Fault {
	case sqlite.FaultTail:
		f.Says = fmt.Sprintf("Entries are missing: the journal ends at %d, and the node has signed up to %d. The file lab.db-wal was lost, or an older copy was put in place.", c.Seq, c.Signed.Seq)
		f.Do = "Stop the node. Bring back lab.db-wal if it is somewhere, else the newest copy; see the operations manual."
	case sqlite.FaultRewritten:
		f.Says = "This journal is another one than the node has signed."
		f.Do = "Stop the node, keep the folder as it is, and compare with the hub: edge verify."
	case sqlite.FaultSignature:
		f.Says = "The signed end of the journal (journal.head) is damaged, or another node signed it."
		f.Do = "Was node.key or journal.head exchanged? Run edge verify."
	default:
		f.State = OK
		f.Says = fmt.Sprintf("The journal holds %d entries and fits what the node has signed. edge verify looks at each of them.", c.Seq)
		if c.Signed.Seq == 0 {
			f.Says = fmt.Sprintf("The journal holds %d entries; the node has signed none of them yet.", c.Seq)
			if c.Seq > signedWithin {
				f.State, f.Code, f.Do = Look, "head_missing", "The file journal.head is missing. The node writes it anew; if nobody deleted it, run edge verify."
			}
		}
	}
	x.add(f)
}

func (x *examination) pages(ctx context.Context, path string) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	complaint, err := sqlite.QuickCheck(ctx, path)
	switch {
	case err != nil:
		x.add(Finding{Check: "pages", State: Look, Code: "pages_unread", Says: "The pages of the database could not all be looked at: " + reason(err)})
	case complaint != "":
		x.add(Finding{
			Check: "pages", State: Wrong, Code: sqlite.ProblemDamaged, Says: "The database has damaged pages: the disk gives back something else than was written.",
			Do: "Stop the node, keep the folder as it is, put a new disk in, and bring back the newest copy.",
		})
	default:
		x.well("pages", "Every page of the database is whole.")
	}
}

// contents reads what other checks need, and what waits for people.
func (x *examination) contents(ctx context.Context, path string, c sqlite.Condition) {
	var waiting, people int64
	err := sqlite.Inspect(ctx, path, func(tx queries.DBTX) (err error) {
		if x.joined.Memory, err = agent.Recall(ctx, tx); err != nil {
			return err
		}
		if c.Schema < c.Known {
			return nil // the questions below are of this program's schema
		}
		q := queries.New(tx)
		if waiting, err = q.CountWaiting(ctx); err != nil {
			return err
		}
		rows, err := q.InstrumentsLinks(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Link == "serial" && r.Enabled != 0 {
				x.devices = append(x.devices, device{path: r.Port, analyzer: r.Name})
			}
		}
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM "user" WHERE _del = 0`).Scan(&people)
	})
	x.joined.seq = c.Seq
	switch {
	case err != nil:
		x.add(Finding{Check: "contents", State: Wrong, Code: lab.CodeOf(err), Says: "A table of the database cannot be read: " + reason(err), Do: "Run edge verify, and see the operations manual."})
		return
	case people == 0 && c.Schema == c.Known:
		x.add(Finding{Check: "lab", State: Look, Code: "no_lab", Says: "There is no lab yet: nobody has an account.", Do: "Start the node and open its address in the browser of this PC, or run edge init."})
	case waiting > 0:
		x.add(Finding{Check: "inbox", State: OK, Says: fmt.Sprintf("%d problems wait in the inbox for somebody of the lab.", waiting), Figures: map[string]int64{"waiting": waiting}})
	}
	if c.Newest.After(x.Now().Add(2 * time.Minute)) {
		x.add(Finding{
			Check: "clock", State: Wrong, Code: "clock_behind", Says: fmt.Sprintf("The last change of the lab was written %s in the future: this PC's clock was set back, or was wrong then.", spell(c.Newest.Sub(x.Now()))),
			Do: "Set the clock of this PC, and let it set itself from the internet.",
		})
	}
}
