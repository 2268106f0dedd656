package sqlite_test

import (
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"

	"github.com/google/go-cmp/cmp"
)

func TestFeedTellsWhatCommitsTouched(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.db.Subscribe()
	id, result := b.db.NewID(), b.db.NewID()
	called := false
	b.update(t, func(tx *sqlite.Tx) error {
		tx.AfterCommit(func() { called = true })
		if err := tx.Insert("patient", id, sqlite.Row{"name": "Asha Sharma"}); err != nil {
			return err
		}
		if err := tx.Change("patient", id, nil, sqlite.Row{"sex": "f"}); err != nil {
			return err
		}
		return tx.Insert("result", result, sqlite.Row{"patient_id": id})
	})
	if !called {
		t.Error("the callback was not called")
	}
	b.update(t, func(*sqlite.Tx) error { return nil }) // nothing to tell
	failed := b.db.Update(t.Context(), b.user, "test", func(tx *sqlite.Tx) error {
		tx.AfterCommit(func() { t.Error("called after a failed update") })
		if err := tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "x"}); err != nil {
			return err
		}
		return lab.Conflict("no", "No.")
	})
	if failed == nil {
		t.Error("the update did not fail")
	}
	b.update(t, func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"sex": "m"}) })
	feed.Cancel()
	feed.Cancel()
	var got []sqlite.Event
	for e := range feed.Events() {
		got = append(got, e)
	}
	want := []sqlite.Event{
		{From: 1, To: 3, Touched: []sqlite.Touched{{Entity: "patient", Record: id}, {Entity: "result", Record: result}}},
		{From: 4, To: 4, Touched: []sqlite.Touched{{Entity: "patient", Record: id}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestSlowSubscriberIsToldSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	feed := b.db.Subscribe()
	const many = 300
	for range many {
		b.patient(t, "x")
	}
	read := 0
	for range cap(feed.Events()) {
		if e := <-feed.Events(); e.Lost {
			t.Fatal("told too early")
		}
		read++
	}
	if read >= many {
		t.Fatal("the buffer holds everything: the test proves nothing")
	}
	b.patient(t, "x")
	if e := <-feed.Events(); !e.Lost || e.To != many+1 {
		t.Fatalf("event = %+v", e)
	}
	b.patient(t, "x")
	if e := <-feed.Events(); e.Lost {
		t.Fatalf("event = %+v", e)
	}
	_ = b.db.Close()
	if _, open := <-feed.Events(); open {
		t.Fatal("the feed outlives its database")
	}
}

func TestIDsSortAlsoWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	last := b.db.NewID()
	for i := range 10000 {
		if i == 5000 {
			b.clock.Add(-1e15)
		}
		next := b.db.NewID()
		if next.String() <= last.String() {
			t.Fatalf("%s after %s", next, last)
		}
		if next[6]>>4 != 7 || next[8]>>6 != 2 {
			t.Fatalf("%s is no UUIDv7", next)
		}
		last = next
	}
}
