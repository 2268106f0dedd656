package agent

import (
	"context"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// filesAtOnce is how many documents one round sends, so that a large backlog does not keep changes from going out.
const filesAtOnce = 20

// filesPause is how long a hub that keeps no files is not asked again.
const filesPause = time.Hour

// sendFiles gives the hub the documents of reports that it does not have. The journal names a document by its hash, so
// the hub takes none that it was not told of, and one that arrives twice is the same. What cannot be sent now goes with
// a later round; it holds nothing else up.
func (a *Agent) sendFiles(ctx context.Context) error {
	a.mu.Lock()
	off := a.o.Clock().Before(a.link.noFiles)
	a.mu.Unlock()
	if off {
		return nil
	}
	m, err := a.membership(ctx)
	if err != nil {
		return err
	}
	var waiting []queries.FilesToSendRow
	err = a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		waiting, err = queries.New(tx).FilesToSend(ctx, filesAtOnce)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	token, err := a.session(ctx, m)
	if err != nil {
		return err
	}
	taken := 0
	for _, f := range waiting {
		ok, err := a.sendFile(ctx, m, token, f)
		if err != nil {
			return err
		}
		if ok {
			taken++
		}
	}
	if taken == filesAtOnce {
		a.SyncNow() // there are more
	}
	return nil
}

// sendFile sends one document and notes that the hub has it, which it then says. A damaged one stays here: a restore
// mends it.
func (a *Agent) sendFile(ctx context.Context, m membership, token string, f queries.FilesToSendRow) (taken bool, err error) {
	var content []byte
	err = a.o.DB.View(ctx, func(tx *sqlite.ReadTx) error {
		var err error
		content, _, err = sqlite.ReadFile(ctx, tx, f.PdfHash)
		return err
	})
	if err != nil {
		a.o.Logger.WarnContext(ctx, "the document of a report cannot be sent", "code", lab.CodeOf(err))
		return false, nil
	}
	_, _, err = a.post(ctx, m.hub, "/api/v1/sync/files/"+lab.ID(f.ID).String(), token, f.Mime, content)
	switch {
	case lab.KindOf(err) == lab.KindNotFound:
		a.mu.Lock()
		a.link.noFiles = a.o.Clock().Add(filesPause)
		a.mu.Unlock()
		return false, nil
	case lab.KindOf(err) == lab.KindConflict:
		return false, nil // the hub has not heard of the report yet
	case err != nil:
		return false, err
	}
	return true, a.o.DB.Update(ctx, lab.System(), "sync", func(tx *sqlite.Tx) error {
		return queries.New(tx).FileSent(ctx, queries.FileSentParams{Sha256: f.PdfHash, AtMs: tx.Now().UnixMilli()})
	})
}
