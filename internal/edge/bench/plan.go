package bench

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/result"
	"jaanch/internal/lab/sample"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// When an analyzer is sent its orders without asking.
const (
	downloadNever   = ""
	downloadOff     = "never"   // what the screens call it
	downloadDemand  = "demand"  // when a person says so
	downloadCollect = "collect" // once the sample is drawn
	downloadReceive = "receive" // once it is at the bench
)

// The states of a transfer.
const (
	transferWaiting = "waiting"
	transferSent    = "sent"    // the analyzer acknowledged it: it is never sent again
	transferRefused = "refused" // the analyzer said no, and why
	transferDropped = "dropped" // nothing of it is wanted any more
)

// The states of a test in a transfer.
const (
	askedTest     = "asked"
	refusedTest   = "refused"
	withdrawnTest = "withdrawn"
)

const (
	kindOrder  = "order"
	kindCancel = "cancel"
)

// PlanOrders puts into the queue what analyzers are to be sent and were not sent yet: new orders, tests that are to be run
// again, and the withdrawal of what was cancelled since. It gives the analyzers that have something waiting. What it plans
// is in the database before anything goes out, so it survives a stop of any kind.
func (b *Bench) PlanOrders(ctx context.Context) ([]lab.ID, error) {
	var devices []queries.DownloadInstrumentsRow
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		var err error
		devices, err = q.DownloadInstruments(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the analyzers that are sent orders: %w", err)
	}
	var wake []lab.ID
	for _, d := range devices {
		planned, err := b.planFor(ctx, d)
		if err != nil {
			return wake, fmt.Errorf("plan the orders of instrument %s: %w", lab.ID(d.ID), err)
		}
		if planned > 0 {
			wake = append(wake, lab.ID(d.ID))
		}
	}
	return wake, nil
}

// planFor plans for one analyzer and gives how many messages it made. It looks before it writes, because every other
// writer waits for a write.
func (b *Bench) planFor(ctx context.Context, d queries.DownloadInstrumentsRow) (int, error) {
	since := b.db.Now().AddDate(0, 0, -int(d.WindowDays)).UnixMilli()
	var due bool
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		p := planning{q: q, device: d, since: since}
		fresh, gone, err := p.candidates(ctx)
		due = len(fresh)+len(gone) > 0
		return err
	})
	if err != nil || !due {
		return 0, err
	}
	made := 0
	err = b.db.Update(ctx, lab.System(), "transfer.plan", func(tx *sqlite.Tx) error {
		p := planning{tx: tx, q: queries.New(tx), device: d, since: since}
		fresh, gone, err := p.candidates(ctx)
		if err != nil {
			return err
		}
		if err := p.order(ctx, fresh); err != nil {
			return err
		}
		err = p.withdraw(ctx, gone)
		made = p.made
		return err
	})
	return made, err
}

// planning is one look at one analyzer.
type planning struct {
	tx     *sqlite.Tx
	q      *queries.Queries
	device queries.DownloadInstrumentsRow
	since  int64
	made   int
}

func (p *planning) candidates(ctx context.Context) (fresh []queries.DownloadCandidatesRow, gone []queries.WithdrawCandidatesRow, err error) {
	if p.device.Download == downloadCollect || p.device.Download == downloadReceive {
		all, err := p.q.DownloadCandidates(ctx, queries.DownloadCandidatesParams{InstrumentID: p.device.ID, SinceMs: p.since})
		if err != nil {
			return nil, nil, fmt.Errorf("look for orders: %w", err)
		}
		for _, c := range all {
			if p.device.Download == downloadCollect || c.State != string(sample.Collected) {
				fresh = append(fresh, c)
			}
		}
	}
	gone, err = p.q.WithdrawCandidates(ctx, queries.WithdrawCandidatesParams{InstrumentID: p.device.ID, SinceMs: p.since})
	if err != nil {
		return nil, nil, fmt.Errorf("look for orders to withdraw: %w", err)
	}
	return fresh, gone, nil
}

// order makes one message for each sample.
func (p *planning) order(ctx context.Context, all []queries.DownloadCandidatesRow) error {
	var id lab.ID
	var of queries.ID
	for _, c := range all {
		if c.SampleID != of {
			var err error
			if id, err = p.add(ctx, c.SampleID, kindOrder); err != nil {
				return err
			}
			of = c.SampleID
		}
		if err := p.test(ctx, id, c.ID, c.Code); err != nil {
			return err
		}
	}
	return nil
}

// withdraw takes back what was cancelled: from a message that waits it is left out, after one that was sent a cancellation
// follows.
func (p *planning) withdraw(ctx context.Context, all []queries.WithdrawCandidatesRow) error {
	var id lab.ID
	var of queries.ID
	for _, c := range all {
		err := p.q.SetTransferTest(ctx, queries.SetTransferTestParams{State: withdrawnTest, TransferID: c.TransferID, OrderTestID: c.OrderTestID})
		if err != nil {
			return fmt.Errorf("withdraw a test: %w", err)
		}
		if c.State == transferWaiting {
			continue
		}
		if c.SampleID != of {
			if id, err = p.add(ctx, c.SampleID, kindCancel); err != nil {
				return err
			}
			of = c.SampleID
		}
		if err := p.test(ctx, id, c.OrderTestID, c.Code); err != nil {
			return err
		}
	}
	return nil
}

func (p *planning) add(ctx context.Context, of queries.ID, kind string) (lab.ID, error) {
	id, now := p.tx.NewID(), p.tx.Now().UnixMilli()
	err := p.q.AddTransfer(ctx, queries.AddTransferParams{
		ID: queries.ID(id), InstrumentID: p.device.ID, SampleID: of, Kind: kind, Control: controlOf(id), MadeMs: now, NextMs: now,
	})
	if err != nil {
		return id, fmt.Errorf("plan a message: %w", err)
	}
	p.made++
	return id, nil
}

func (p *planning) test(ctx context.Context, transfer lab.ID, item queries.ID, code string) error {
	err := p.q.AddTransferTest(ctx, queries.AddTransferTestParams{TransferID: queries.ID(transfer), OrderTestID: item, Code: code})
	if err != nil {
		return fmt.Errorf("plan a test: %w", err)
	}
	return nil
}

// controlOf gives the control id of a transfer's message: 20 characters, as HL7 2.3 allows, and the same at every try.
func controlOf(id lab.ID) string { return hex.EncodeToString(id[6:]) }

// SendOrders plans the open tests of one sample for one analyzer now, whatever was sent before: a person asked for it.
func (b *Bench) SendOrders(ctx context.Context, actor lab.Actor, instrument lab.ID, in SendOrders) (Transfers, error) {
	err := b.db.Update(ctx, actor, "transfer.ask", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		row, err := q.Instrument(ctx, queries.ID(instrument))
		if err != nil {
			return lab.NotFound("instrument_not_found", "There is no such analyzer.")
		}
		if row.Download == downloadNever || row.Approved == 0 || row.Enabled == 0 {
			return lab.Conflict("download_off", "This analyzer is not sent orders. Change that in its set-up.")
		}
		tests, err := q.OrderTestsOfSample(ctx, queries.ID(in.SampleID))
		if err != nil {
			return fmt.Errorf("read the tests of sample %s: %w", in.SampleID, err)
		}
		p := planning{tx: tx, q: q, device: queries.DownloadInstrumentsRow{ID: row.ID, Profile: row.Profile, WindowDays: row.WindowDays, Download: row.Download}}
		var fresh []queries.DownloadCandidatesRow
		for _, t := range tests {
			codes, err := q.CodesForTest(ctx, queries.CodesForTestParams{InstrumentID: row.ID, TestID: t.TestID})
			if err != nil {
				return fmt.Errorf("look for a code: %w", err)
			}
			if stillWanted(t.State) && t.Cancelled == 0 && len(codes) == 1 {
				fresh = append(fresh, queries.DownloadCandidatesRow{ID: t.ID, SampleID: queries.ID(in.SampleID), Code: codes[0]})
			}
		}
		if len(fresh) == 0 {
			return lab.Conflict("nothing_to_send", "The sample has no open test that this analyzer is known to do.")
		}
		return p.order(ctx, fresh)
	})
	if err != nil {
		return Transfers{}, err
	}
	b.Wake(instrument)
	return b.Transfers(ctx, actor, instrument)
}

// Transfers gives the newest messages to an analyzer and what became of them.
func (b *Bench) Transfers(ctx context.Context, _ lab.Actor, instrument lab.ID) (Transfers, error) {
	out := Transfers{Transfers: []Transfer{}}
	err := b.view(ctx, func(_ *sqlite.ReadTx, q *queries.Queries) error {
		rows, err := q.TransfersOf(ctx, queries.TransfersOfParams{InstrumentID: queries.ID(instrument), Limit: 200})
		if err != nil {
			return fmt.Errorf("read what is sent to instrument %s: %w", instrument, err)
		}
		for _, r := range rows {
			t := Transfer{
				ID: lab.ID(r.ID), SampleID: lab.ID(r.SampleID), Accession: r.Accession, Kind: r.Kind, State: r.State, Tries: int(r.Tries), Problem: r.Problem,
				Made: time.UnixMilli(r.MadeMs).UTC(), Sent: timeOf(r.Sent), Tests: []TransferTest{},
			}
			if r.State == transferWaiting {
				t.Next = timeOf(r.NextMs)
			}
			tests, err := q.TransferTests(ctx, r.ID)
			if err != nil {
				return fmt.Errorf("read the tests of a message: %w", err)
			}
			for _, x := range tests {
				t.Tests = append(t.Tests, TransferTest{Code: x.Code, State: x.State, Done: x.Item != string(result.Pending) && x.Item != string(result.Sent)})
			}
			out.Transfers = append(out.Transfers, t)
		}
		return nil
	})
	return out, err
}

// DecideTransfer sends a message again that failed or was refused, or gives it up.
func (b *Bench) DecideTransfer(ctx context.Context, actor lab.Actor, id lab.ID, in DecideTransfer) (Transfers, error) {
	var instrument lab.ID
	err := b.db.Update(ctx, actor, "transfer.decide", func(tx *sqlite.Tx) error {
		q := queries.New(tx)
		t, err := q.Transfer(ctx, queries.ID(id))
		if err != nil {
			return lab.NotFound("transfer_not_found", "There is no such message.")
		}
		instrument = lab.ID(t.InstrumentID)
		set := queries.SetTransferParams{State: transferDropped, Tries: t.Tries, NextMs: t.NextMs, Problem: t.Problem, ID: t.ID}
		switch {
		case t.State != transferWaiting && t.State != transferRefused:
			return lab.Conflict("transfer_done", "The analyzer has taken this message already.")
		case in.Action == "retry":
			set.State, set.Tries, set.NextMs, set.Problem = transferWaiting, 0, tx.Now().UnixMilli(), ""
			if err := askAgain(ctx, q, t.ID); err != nil {
				return err
			}
		}
		if err := q.SetTransfer(ctx, set); err != nil {
			return fmt.Errorf("decide message %s: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return Transfers{}, err
	}
	b.Wake(instrument)
	return b.Transfers(ctx, actor, instrument)
}

// askAgain takes back that tests of a message were refused.
func askAgain(ctx context.Context, q *queries.Queries, id queries.ID) error {
	tests, err := q.TransferTests(ctx, id)
	if err != nil {
		return fmt.Errorf("read the tests of a message: %w", err)
	}
	for _, x := range tests {
		if x.State != refusedTest {
			continue
		}
		if err := q.SetTransferTest(ctx, queries.SetTransferTestParams{State: askedTest, TransferID: id, OrderTestID: x.OrderTestID}); err != nil {
			return fmt.Errorf("ask again for a test: %w", err)
		}
	}
	return nil
}
