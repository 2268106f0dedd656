package bench_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
)

// bay is a lab with an approved analyzer (generic ASTM) that reports haemoglobin, and a woman's blood on the bench.
type bay struct {
	*edgetest.Lab

	instrument lab.ID
	visit      reception.Visit
	tube       reception.Sample
	rest       string // of the next messages, behind their rows
}

func openBay(t *testing.T) *bay {
	t.Helper()
	w := &bay{Lab: edgetest.New(t)}
	w.instrument = approve(t, w.Lab)
	w.visit = w.Visit(t, "Asha Sharma", "F", 34, "CBC", "GLUF")
	w.tube = w.visit.Samples[0]
	return w
}

// reported is one R record: code, value, unit, flag, status, time.
type reported struct{ code, value, unit, flag, status, at string }

// say plays one message with these records on one sample, and moves the clock on by a minute.
func (w *bay) say(t *testing.T, sampleID string, ending instruments.Ending, lines ...reported) {
	t.Helper()
	w.sayAs(t, sender, sampleID, ending, lines...)
}

func (w *bay) sayAs(t *testing.T, from, sampleID string, ending instruments.Ending, lines ...reported) {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "H|\\^&|||%s|||||||P|1\rP|1\rO|1|%s||^^^ALL|R\r", from, sampleID)
	for i, r := range lines {
		fmt.Fprintf(&text, "R|%d|^^^%s|%s|%s||%s||%s||||%s\r", i+1, r.code, r.value, r.unit, r.flag, r.status, r.at)
	}
	text.WriteString(w.rest)
	if ending == instruments.Terminated {
		text.WriteString("L|1|N\r")
	}
	bytes := []byte(text.String())
	s := w.DB.NewID()
	_, err := w.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: w.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.ASTM, At: w.Clock.Now(), Dir: instruments.In, Bytes: bytes, Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: instruments.ASTM, Text: bytes, Ending: ending}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Minute)
}

// hb plays a haemoglobin of the tube.
func (w *bay) hb(t *testing.T, value, status, at string) {
	t.Helper()
	w.say(t, w.tube.Accession, instruments.Terminated, reported{"HGB", value, "g/dL", "N", status, at})
}

// ends tells where every row of the tube's id ended, in the order of arrival: "13.4 matched; 12.1 inbox possible_repeat".
func (w *bay) ends(t *testing.T, sampleID string) string {
	t.Helper()
	var out []string
	err := w.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		rows, err := tx.QueryContext(context.Background(), "SELECT reported, state, reason FROM observation WHERE sample_text = ? ORDER BY id", sampleID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var value, state, reason string
			if err := rows.Scan(&value, &state, &reason); err != nil {
				return err
			}
			out = append(out, strings.Join(strings.Fields(value+" "+state+" "+reason), " "))
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

func (w *bay) want(t *testing.T, value, ends string) bench.Row {
	t.Helper()
	row := w.Rows(t, w.visit.ID)["HB"]
	if row.Value != value {
		t.Errorf("haemoglobin is %q, want %q", row.Value, value)
	}
	if got := w.ends(t, w.tube.Accession); got != ends {
		t.Errorf("the rows ended as %q, want %q", got, ends)
	}
	return row
}

const (
	morning = "20261121101500"
	later   = "20261121113000"
)

func TestEmptyIsNeverZero(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, "", "F", morning)
	w.want(t, "", "kept no_value")
}

func TestComparatorStaysABound(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{"<1.5", ">25", "< 1.5", "<=1.5"} {
		t.Run(sent, func(t *testing.T) {
			t.Parallel()
			w := openBay(t)
			w.hb(t, sent, "F", morning)
			row := w.want(t, strings.ReplaceAll(sent, " ", ""), sent+" matched")
			if row.Raw != sent || row.Flag == "" {
				t.Errorf("%q is kept as %q with flag %q: it must stand as sent and be judged as a bound", sent, row.Raw, row.Flag)
			}
		})
	}
}

func TestThousandsSeparators(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{"204,000": "204000", "2,04,000": "204000", "1,204,000": "1204000", "2,04": "", "1,23": "", "12,3,456": ""} {
		t.Run(sent, func(t *testing.T) {
			t.Parallel()
			w := openBay(t)
			w.mapCode(t, "PLT", "PLT", nil)
			w.say(t, w.tube.Accession, instruments.Terminated, reported{"PLT", sent, "", "", "F", morning})
			row, ends := w.Rows(t, w.visit.ID)["PLT"], w.ends(t, w.tube.Accession)
			if want == "" && ends != sent+" inbox unreadable_value" {
				t.Errorf("%q ended as %q: a group that is not whole must wait for a person", sent, ends)
			}
			if row.Value != want || want != "" && row.Raw != sent {
				t.Errorf("%q became %q, raw %q; want %q", sent, row.Value, row.Raw, want)
			}
		})
	}
}

func (w *bay) mapCode(t *testing.T, code, test string, c *bench.CodeConversion) {
	t.Helper()
	all, err := w.Bench.Codes(t.Context(), w.People[access.Manager], w.instrument)
	if err != nil {
		t.Fatal(err)
	}
	in := bench.CodeInput{Code: code, TestID: w.Tests[test], Convert: c}
	if i := slices.IndexFunc(all.Codes, func(c bench.Code) bool { return c.Code == code }); i >= 0 {
		in.Versions = all.Codes[i].Versions
	}
	if _, err := w.Bench.SetCode(t.Context(), w.People[access.Manager], w.instrument, in); err != nil {
		t.Fatal(err)
	}
}

// TestDecimalComma: a profile that says so reads 13,4 as 13.4; without it a comma is no point, and the value waits.
func TestDecimalComma(t *testing.T) {
	t.Parallel()
	for profile, ends := range map[string]string{"euroimmun-analyzer": "13,4 matched", "generic-astm": "13,4 inbox unreadable_value"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			w := openBay(t)
			all, err := w.Bench.Instruments(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			i := all.Instruments[0]
			_, err = w.Bench.ChangeInstrument(t.Context(), w.People[access.Manager], i.ID, bench.InstrumentInput{
				Name: i.Name, Profile: profile, Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7, Versions: i.Versions,
			})
			if err != nil {
				t.Fatal(err)
			}
			w.hb(t, "13,4", "F", morning)
			w.want(t, map[string]string{"euroimmun-analyzer": "13.4"}[profile], ends)
		})
	}
}

// TestQualitativeWithNumberBesideIt: a word for a test that takes a number waits; the number of the same code is filed.
func TestQualitativeWithNumberBesideIt(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.say(t, w.tube.Accession, instruments.Terminated, reported{"HGB", "Low", "", "", "F", morning}, reported{"HGB", "9.8", "g/dL", "L", "F", morning})
	w.want(t, "9.8", "Low inbox unreadable_value; 9.8 matched")
}

// TestEqualReplicatesOfOneMessage: rows of one message are never compared with each other, so the second of two equal ones
// is another run that a person decides about; it is neither dropped nor taken for a retransmission.
func TestEqualReplicatesOfOneMessage(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	one := reported{"HGB", "13.4", "g/dL", "N", "F", morning}
	w.say(t, w.tube.Accession, instruments.Terminated, one, one)
	w.want(t, "13.4", "13.4 matched; 13.4 inbox possible_repeat")
	w.resolve(t, "possible_repeat", "attach")
	w.want(t, "13.4", "13.4 matched; 13.4 attached possible_repeat")
	if d := w.detail(t); len(d.Versions) != 2 {
		t.Errorf("taken as a rerun, the replicate gives versions %+v", d.Versions)
	}
}

func (w *bay) detail(t *testing.T) bench.RowDetail {
	t.Helper()
	d, err := w.Bench.Detail(t.Context(), w.People[access.Technician], w.Rows(t, w.visit.ID)["HB"].ItemID)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// resolve decides the one card with a reason.
func (w *bay) resolve(t *testing.T, reason, action string) {
	t.Helper()
	if err := w.tryResolve(t, reason, action); err != nil {
		t.Fatal(err)
	}
}

func (w *bay) tryResolve(t *testing.T, reason, action string) error {
	t.Helper()
	box, err := w.Bench.Inbox(t.Context(), "waiting", lab.ID{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(box.Cards, func(c bench.Card) bool { return c.Reason == reason })
	if i < 0 {
		t.Fatalf("no card waits for %s: %+v", reason, box.Cards)
	}
	_, err = w.Bench.Resolve(t.Context(), w.People[access.Technician], w.DB.NewID().String(), box.Cards[i].ID, bench.Resolve{Action: action})
	return err
}

// TestEqualRerunWithoutTimes: the same undated content after a while may be another run. It is stored, linked and not filed;
// one key takes it as a rerun.
func TestEqualRerunWithoutTimes(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, "13.4", "F", "")
	w.Clock.Add(16 * time.Minute)
	w.hb(t, "13.4", "F", "")
	w.want(t, "13.4", "13.4 matched; 13.4 inbox possible_repeat")
	w.resolve(t, "possible_repeat", "attach")
	if d := w.detail(t); len(d.Versions) != 2 || d.Versions[0].Value != "13.4" {
		t.Errorf("taken as a rerun: %+v", d.Versions)
	}
}

// TestRetransmission: the same content at once, or dated at any time, is a duplicate and files nothing.
func TestRetransmission(t *testing.T) {
	t.Parallel()
	for at, wait := range map[string]time.Duration{"": 5 * time.Minute, morning: 48 * time.Hour} {
		t.Run("after "+wait.String(), func(t *testing.T) {
			t.Parallel()
			w := openBay(t)
			w.hb(t, "13.4", "F", at)
			w.Clock.Add(wait)
			w.hb(t, "13.4", "F", at)
			w.want(t, "13.4", "13.4 matched; 13.4 duplicate")
		})
	}
}

// TestRerunThatNobodyAskedFor waits beside the value; one that was asked for is filed as its next version.
func TestRerunThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, "13.4", "F", morning)
	w.hb(t, "12.1", "F", later)
	w.want(t, "13.4", "13.4 matched; 12.1 inbox possible_repeat")
}

func TestRerunThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, "13.4", "F", morning)
	row := w.Rows(t, w.visit.ID)["HB"]
	if _, err := w.Bench.Rerun(t.Context(), w.People[access.Technician], row.ItemID, bench.Rerun{Reason: "tech", Versions: row.Versions}); err != nil {
		t.Fatal(err)
	}
	w.hb(t, "12.1", "F", later)
	w.want(t, "12.1", "13.4 matched; 12.1 matched")
	if d := w.detail(t); len(d.Versions) != 2 || d.Versions[1].Value != "13.4" || d.Versions[1].State != "superseded" {
		t.Errorf("versions: %+v", d.Versions)
	}
}

// TestCorrectionBeforeRelease: status C is the analyzer's opinion. The value that stands is not replaced; a person decides.
func TestCorrectionBeforeRelease(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, "13.4", "F", morning)
	w.hb(t, "11.4", "C", later)
	w.want(t, "13.4", "13.4 matched; 11.4 inbox possible_repeat")
}

// TestDilution: the value of a dilution run comes as another value of the test, with the analyzer's mark. The bound that
// stands is not replaced until somebody asked for the run.
func TestDilution(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, ">25", "F", morning)
	w.say(t, w.tube.Accession, instruments.Terminated, reported{"HGB", "26.8", "g/dL", "DIL2", "F", later})
	w.want(t, ">25", ">25 matched; 26.8 inbox possible_repeat")
	w.resolve(t, "possible_repeat", "attach")
	row := w.want(t, "26.8", ">25 matched; 26.8 attached possible_repeat")
	if !slices.ContainsFunc(row.Holds, func(h bench.Hold) bool { return h.Code == "instrument_flag" && h.Params["flag"] == "DIL2" }) {
		t.Errorf("the analyzer's mark is not before the person who signs: %+v", row.Holds)
	}
}

// TestAbortedMessage: what an analyzer gave up waits as incomplete and becomes nothing when the whole message follows.
func TestAbortedMessage(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	cut := reported{"HGB", "13.4", "g/dL", "N", "F", morning}
	w.rest = "O|2|999||^^^ALL|R\rR|1|^^^X|1"
	w.say(t, w.tube.Accession, instruments.Cut, cut)
	if got := w.want(t, "", strings.Join([]string{"13.4", "incomplete", "incomplete"}, " ")); got.State != "pending" {
		t.Errorf("what broke off changed the test to %s", got.State)
	}
	w.rest += "2\r"
	w.say(t, w.tube.Accession, instruments.Terminated, cut)
	w.want(t, "13.4", "13.4 duplicate; 13.4 matched")
}

// TestShortDailyIDMetAgainTomorrow: place 17 means a tube only on the day of its load list. The same place next day, without a
// list, waits; it is never yesterday's patient.
func TestShortDailyIDMetAgainTomorrow(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	day := w.Clock.Now().In(w.Zone).Format(time.DateOnly)
	_, err := w.Bench.SetLoadList(t.Context(), w.People[access.Technician], w.instrument, day, bench.LoadListInput{Entries: []bench.LoadPlace{{Position: "17", Accession: w.tube.Accession}}})
	if err != nil {
		t.Fatal(err)
	}
	w.say(t, "17", instruments.Terminated, reported{"HGB", "13.4", "g/dL", "N", "F", morning})
	if got := w.Rows(t, w.visit.ID)["HB"].Value; got != "13.4" {
		t.Fatalf("today's place gave %q", got)
	}
	w.Clock.Add(24 * time.Hour)
	w.say(t, "17", instruments.Terminated, reported{"HGB", "7.9", "g/dL", "L", "F", "20261122101500"})
	if got := w.ends(t, "17"); got != "13.4 matched; 7.9 inbox short_id" {
		t.Errorf("the rows ended as %q", got)
	}
	if got := w.Rows(t, w.visit.ID)["HB"].Value; got != "13.4" {
		t.Errorf("tomorrow's place changed yesterday's patient: %q", got)
	}
}

// TestMessageClosesOnlyWhatItReports: the other tests of the tube stay open.
func TestMessageClosesOnlyWhatItReports(t *testing.T) {
	t.Parallel()
	w := openBay(t)
	w.hb(t, "13.4", "F", morning)
	for code, row := range w.Rows(t, w.visit.ID) {
		if code != "HB" && !row.Calculated && (row.Value != "" || row.State != "pending") {
			t.Errorf("%s became %q, %s", code, row.Value, row.State)
		}
	}
}
