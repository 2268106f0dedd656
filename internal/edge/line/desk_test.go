package line_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/dialect"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/line"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
	"jaanch/internal/telemetry"
)

const counter = "H|\\^&|||XN-550^00-24^77||||||||E1394-97\r" +
	"P|1|MRN-77812|||Sharma^Asha||19800102|F\r" +
	"O|1||1^1^          26071A20012C^B|^^^^WBC\\^^^^HGB|||||||N||||||||||||||F\r" +
	"R|1|^^^^WBC^1|7.1|10*3/uL||N||F||||20240311101400\r" +
	"R|2|^^^^HGB^1|13.2|g/dL||N||F||||20240311101400\r" +
	"R|3|^^^^ODD^1|5|||N||F||||20240311101400\r" +
	"L|1|N\r"

// desk is a lab with its lines.
type desk struct {
	*edgetest.Lab

	profiles *profile.Set
	tapes    *line.Tapes
	archive  *line.Archive
	dialects *dialect.Desk
	bench    *bench.Bench
}

func open(t *testing.T) *desk {
	t.Helper()
	l := edgetest.New(t)
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{Lab: l, profiles: set}
	d.bench = bench.New(bench.Options{DB: l.DB, Zone: l.Zone, Log: telemetry.Discard(), Profiles: set})
	d.tapes = line.NewTapes(l.DB.NewID, l.Clock.Now, l.Zone, nil)
	d.archive = line.New(line.Options{DB: l.DB, Zone: l.Zone, Profiles: set, Tapes: d.tapes, Version: "test"})
	d.dialects = dialect.New(l.DB, set, telemetry.Discard())
	return d
}

// play sends messages over a line of the node and waits for every acknowledgement.
func (d *desk) play(t *testing.T, texts ...string) {
	t.Helper()
	ours, theirs := link.Pipe("node", "10.0.0.7:40000")
	done := make(chan error, 1)
	go func() {
		done <- session.Run(context.WithoutCancel(t.Context()), session.NewBoard(nil), d.tapes.Watch(ours, "astm"), d.bench.Host(), session.TCPOptions("astm"))
	}()
	answer := make([]byte, 1)
	send := func(b []byte) {
		if _, err := theirs.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	acked := func() {
		if _, err := io.ReadFull(theirs, answer); err != nil || answer[0] != 6 {
			t.Fatalf("answered %q, %v", answer, err)
		}
	}
	for _, text := range texts {
		send([]byte{5})
		acked()
		for _, f := range astm.Frames([]byte(text), astm.WholeMessage, 240) {
			send(f)
			acked()
		}
		send([]byte{4})
	}
	_ = theirs.Close()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the line did not end")
	}
}

// sender gives the one sender that nobody approved.
func (d *desk) sender(t *testing.T) bench.Sender {
	t.Helper()
	list, err := d.bench.Instruments(t.Context())
	if err != nil || len(list.Senders) != 1 {
		t.Fatalf("senders %+v, %v", list.Senders, err)
	}
	return list.Senders[0]
}

func (d *desk) newest(t *testing.T) line.ArchivedMessage {
	t.Helper()
	page, err := d.archive.Search(t.Context(), line.ArchiveSearch{})
	if err != nil || len(page.Messages) == 0 {
		t.Fatalf("the archive: %+v, %v", page, err)
	}
	return page.Messages[0]
}

// TestConnect: a known model is proposed from its first message, its known codes need no question, the others are asked,
// and one step sets it up so that the next message files.
func TestConnect(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter)
	s := d.sender(t)
	looked, err := d.archive.Look(t.Context(), line.Look{SenderID: s.ID})
	if err != nil {
		t.Fatal(err)
	}
	if looked.Profile != "sysmex-xn" || looked.Name != "XN-550" || looked.Message == nil || len(looked.Message.Observations) != 3 {
		t.Fatalf("looked %+v", looked)
	}
	known := map[string]lab.ID{}
	asked := []string{}
	for _, c := range looked.Codes {
		if c.Known {
			known[c.Code] = c.TestID
		} else {
			asked = append(asked, c.Code)
		}
	}
	if known["HGB"] != d.Tests["HB"] || len(asked) != 1 || asked[0] != "ODD" {
		t.Errorf("known %v, asked %v", known, asked)
	}
	in := bench.Connect{SenderID: s.ID, New: bench.InstrumentInput{
		Name: "Counter", Department: "Haematology", Profile: looked.Profile, Link: looked.Link, Enabled: true, Query: true, WindowDays: 7,
	}, FileWaiting: true}
	for code, test := range known {
		in.Codes = append(in.Codes, bench.ConnectCode{Code: code, TestID: test})
	}
	manager := d.People[access.Manager]
	made, err := d.bench.Connect(t.Context(), manager, "connect-the-counter", in)
	if err != nil || !made.Approved || made.Unmapped != 1 {
		t.Fatalf("made %+v, %v", made, err)
	}
	again, err := d.bench.Connect(t.Context(), manager, "connect-the-counter", in)
	if err != nil || again.ID != made.ID {
		t.Errorf("a repeat made %+v, %v", again, err)
	}
	if list, _ := d.bench.Instruments(t.Context()); len(list.Senders) != 0 || len(list.Instruments) != 1 {
		t.Errorf("afterwards %+v", list)
	}
}

// TestConnectRefusesTwice: a code that is named twice sets nothing up at all.
func TestConnectRefusesTwice(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter)
	test := d.Tests["HB"]
	_, err := d.bench.Connect(t.Context(), d.People[access.Manager], "connect-it-twice-x", bench.Connect{
		SenderID: d.sender(t).ID, New: bench.InstrumentInput{Name: "C", Profile: "sysmex-xn", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
		Codes: []bench.ConnectCode{{Code: "HGB", TestID: test}, {Code: "HGB", TestID: test}},
	})
	if lab.CodeOf(err) != "code_twice" {
		t.Errorf("%v", err)
	}
	if list, _ := d.bench.Instruments(t.Context()); len(list.Instruments) != 0 || len(list.Senders) != 1 {
		t.Errorf("something was set up: %+v", list)
	}
}

// TestMonitor: a message shows in four columns with its names hidden; unlocking shows them and stands in the access log.
func TestMonitor(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter)
	id := d.newest(t).ID
	m, err := d.archive.Message(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	frames := 0
	for _, c := range m.Chunks {
		shown.WriteString(c.Text)
		raw := strings.ToUpper(c.Hex)
		if strings.Contains(raw, "536861726D61") { // Sharma
			t.Error("the name stands in the bytes")
		}
		if strings.HasPrefix(c.Label, "frame") {
			frames++
		}
	}
	for _, r := range m.Records {
		shown.WriteString(r.Text)
	}
	text := shown.String()
	if strings.Contains(text, "Sharma") || strings.Contains(text, "19800102") || !strings.Contains(text, "26071A20012C") || frames < 2 {
		t.Errorf("%d frames, text %q", frames, text)
	}
	if len(m.Records) != 7 || len(m.Records[3].Rows) != 1 || m.Records[3].Rows[0] != 0 {
		t.Errorf("records %+v", m.Records)
	}
	if n := d.logged(t, "line.unlock"); n != 0 {
		t.Errorf("%d openings before one", n)
	}
	open, err := d.archive.Unlock(t.Context(), d.People[access.Manager], id)
	if err != nil || !strings.Contains(open.Records[1].Text, "Sharma") || !open.Unlocked {
		t.Errorf("unlocked %+v, %v", open.Records, err)
	}
	if n := d.logged(t, "line.unlock"); n != 1 {
		t.Errorf("%d openings in the access log", n)
	}
}

// logged counts lines of the access log.
func (d *desk) logged(t *testing.T, action string) (n int) {
	t.Helper()
	err := d.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM access_log WHERE action = ?", action).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSearch: by kind, by sample id exactly, by day, page by page.
func TestSearch(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter, strings.Replace(counter, "26071A20012C", "26071A20099X", 1), "H|\\^&|||XN-550^00-24^77\rQ|1|1^1^          26071A20012C^B||||20240311\rL|1|N\r")
	for name, c := range map[string]struct {
		in   line.ArchiveSearch
		want int
	}{
		"all": {line.ArchiveSearch{}, 3}, "queries": {line.ArchiveSearch{Kind: "query"}, 1}, "sample": {line.ArchiveSearch{Sample: "26071A20099X"}, 1},
		"part of a sample": {line.ArchiveSearch{Sample: "26071A2009"}, 0}, "yesterday": {line.ArchiveSearch{To: "2026-11-20"}, 0}, "unknown": {line.ArchiveSearch{Unknown: true}, 3},
		"today": {line.ArchiveSearch{From: "2026-11-21", To: "2026-11-21"}, 3}, "faulty": {line.ArchiveSearch{Faulty: true}, 0},
	} {
		page, err := d.archive.Search(t.Context(), c.in)
		if err != nil || len(page.Messages) != c.want {
			t.Errorf("%s: %d messages, %v, want %d", name, len(page.Messages), err, c.want)
		}
	}
	first, err := d.archive.Search(t.Context(), line.ArchiveSearch{Limit: 2})
	if err != nil || len(first.Messages) != 2 || first.Next == 0 {
		t.Fatalf("first page %+v, %v", first, err)
	}
	rest, err := d.archive.Search(t.Context(), line.ArchiveSearch{Limit: 2, Before: first.Next})
	if err != nil || len(rest.Messages) != 1 || rest.Next != 0 {
		t.Errorf("second page %+v, %v", rest, err)
	}
	if _, err := d.archive.Search(t.Context(), line.ArchiveSearch{From: "21.11."}); lab.CodeOf(err) != "day_malformed" {
		t.Errorf("%v", err)
	}
}

// TestReplay: a session reads the same today; after the lab's own profile changed what its instrument is read by, the
// replay says what would be different, and changes nothing.
func TestReplay(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter)
	id := d.newest(t).ID
	same, err := d.archive.Replay(t.Context(), id)
	if err != nil || same.Same != 3 || same.Changed+same.New+same.Gone != 0 || len(same.Messages) != 1 || same.Messages[0].Reframed {
		t.Fatalf("replay %+v, %v", same, err)
	}
	manager := d.People[access.Manager]
	text, ok := profile.BuiltinText("sysmex-xn")
	if !ok {
		t.Fatal("no text")
	}
	text = strings.Replace(text, "id: sysmex-xn", "id: our-xn", 1) + "flag: [{at: R-5}]\n"
	if _, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "our-xn", Text: text}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.bench.Connect(t.Context(), manager, "connect-our-counter", bench.Connect{
		SenderID: d.sender(t).ID, New: bench.InstrumentInput{Name: "C", Profile: "our-xn", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
	}); err != nil {
		t.Fatal(err)
	}
	now, err := d.archive.Replay(t.Context(), id)
	if err != nil || now.Changed != 3 || now.Messages[0].Profile != "our-xn" || now.Messages[0].ProfileThen != "sysmex-xn" {
		t.Fatalf("replay %+v, %v", now, err)
	}
	if diff := now.Messages[0].Rows[0].Diffs; len(diff) != 1 || diff[0] != (line.ReplayField{Field: "flag", Then: "N", Now: "10*3/uL"}) {
		t.Errorf("differs %+v", diff)
	}
	if m, _ := d.archive.Message(t.Context(), id); m.Observations[0].Flag != "N" {
		t.Errorf("the replay changed what is stored: %+v", m.Observations[0])
	}
}

// TestSupport: what leaves the lab names nobody, reads the same, and its taking is logged.
func TestSupport(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter)
	rec, err := d.archive.Support(t.Context(), d.People[access.Manager], d.newest(t).ID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(rec.Zip), int64(len(rec.Zip)))
	if err != nil || len(r.File) != 3 {
		t.Fatalf("%d files, %v", len(r.File), err)
	}
	for _, f := range r.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, planted := range []string{"Sharma", "Asha", "19800102", "MRN-77812", "26071A20012C"} {
			if bytes.Contains(data, []byte(planted)) {
				t.Errorf("%s stands in %s:\n%s", planted, f.Name, data)
			}
		}
		if f.Name == "recording.astm" {
			if doc := driver.NewDocument(driver.Decode(d.profiles, data)); len(doc.Results) != 3 || doc.Results[0].Value != "7.1" || len(doc.Warnings) != 0 {
				t.Errorf("the recording reads %+v", doc)
			}
		}
	}
	if n := d.logged(t, "line.support"); n != 1 {
		t.Errorf("%d takings in the access log", n)
	}
}

// TestTape: what passed is shown live, masked, with the rows that are read from it; a connection that is over stays.
func TestTape(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.play(t, counter)
	all, err := d.archive.Lines(t.Context())
	if err != nil || len(all.Lines) != 1 || all.Lines[0].Closed == nil || all.Lines[0].In == 0 || all.Lines[0].Out == 0 {
		t.Fatalf("lines %+v, %v", all, err)
	}
	tape, err := d.archive.Tape(t.Context(), lab.Actor{}, all.Lines[0].ID)
	if err != nil || len(tape.Rows) != 3 || tape.Profile != "sysmex-xn" || len(tape.Chunks) < 5 {
		t.Fatalf("tape %+v, %v", tape, err)
	}
	for _, c := range tape.Chunks {
		if strings.Contains(c.Text, "Sharma") {
			t.Errorf("a name on the tape: %q", c.Text)
		}
	}
}

// TestProfiles: a draft's fault names its line; a good one is tried before it is in force; versions are kept, a stale one
// is refused, and one in use is not withdrawn.
func TestProfiles(t *testing.T) {
	t.Parallel()
	d := open(t)
	manager := d.People[access.Manager]
	checked, err := d.dialects.Check(t.Context(), dialect.ProfileDraft{Name: "ours", Text: "id: ours\nname: Ours\nprotocol: astm\nsample:\n  - {at: O3}\n"})
	if err != nil || len(checked.Faults) == 0 || checked.Faults[0].Line != 5 || checked.Faults[0].Key != "sample.0.at" {
		t.Errorf("faults %+v, %v", checked, err)
	}
	good := "id: ours\nname: Ours\nprotocol: astm\nidentify:\n  - weight: 200\n    all: [{at: H-5.1, is: XN-550}]\nsample: [{at: O-4.3}]\ntest_code: [{field: R-3, components: [5]}]\n"
	tried, err := d.dialects.Try(t.Context(), dialect.ProfileTrial{ProfileDraft: dialect.ProfileDraft{Name: "ours", Text: good}, Pasted: "<ENQ>" + strings.ReplaceAll(counter, "\r", "\n")})
	if err != nil || len(tried.Rows) != 3 || tried.Rows[0].Code != "WBC" || tried.Recognised != "ours" {
		t.Errorf("tried %+v, %v", tried, err)
	}
	if _, ok := d.profiles.Get("ours"); ok {
		t.Error("a trial is in force")
	}
	one, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "ours", Text: good})
	if err != nil || one.Version != 1 {
		t.Fatalf("saved %+v, %v", one, err)
	}
	if _, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "ours", Text: good}); lab.CodeOf(err) != "stale_record" {
		t.Errorf("a stale version: %v", err)
	}
	if _, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "ours", Text: "id: ours\n", Version: 1}); lab.CodeOf(err) != "profile_wrong" {
		t.Errorf("a wrong profile: %v", err)
	}
	if _, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "sysmex-xn", Text: good}); lab.CodeOf(err) != "profile_builtin" {
		t.Errorf("one of the program's: %v", err)
	}
	d.play(t, counter) // read by the new profile, at once
	if m := d.newest(t); m.Kind != "result" {
		t.Errorf("newest %+v", m)
	}
	if m, err := d.archive.Message(t.Context(), d.newest(t).ID); err != nil || m.Profile != "ours" {
		t.Errorf("read by %q, %v", m.Profile, err)
	}
	if _, err := d.bench.Connect(t.Context(), manager, "connect-with-our-own", bench.Connect{
		SenderID: d.sender(t).ID, New: bench.InstrumentInput{Name: "C", Profile: "ours", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "ours", Version: 1}); lab.CodeOf(err) != "profile_in_use" {
		t.Errorf("withdrawn in use: %v", err)
	}
	two, err := d.dialects.Save(t.Context(), manager, dialect.ProfileSave{Name: "ours", Text: good + "note: second\n", Note: "a note", Version: 1})
	if err != nil || two.Version != 2 || len(two.Versions) != 2 || two.Versions[1].Text != good {
		t.Errorf("second %+v, %v", two, err)
	}
	var rows []queries.ProfilesNowRow
	err = d.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		rows, err = queries.New(tx).ProfilesNow(t.Context())
		return err
	})
	if err != nil || len(rows) != 1 || rows[0].Version != 2 {
		t.Errorf("in force %+v, %v", rows, err)
	}
}
