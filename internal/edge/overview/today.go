package overview

import (
	"time"

	"jaanch/internal/edge/release"
	"jaanch/internal/lab"
)

// Today is the first screen of the day.
type Today struct {
	Day        string             `json:"day" format:"date"`
	Counts     DayCounts          `json:"counts"`
	Late       []LateRow          `json:"late" doc:"Late ones first, then by time left."`
	LateCount  int                `json:"late_count"`
	Soon       int                `json:"due_in_30_min"`
	Critical   []release.Critical `json:"critical"`
	CritOpen   int                `json:"critical_open"`
	CritClosed int                `json:"critical_closed"`
	Needs      []Need             `json:"needs"`
	Hours      []HourRow          `json:"hours"`
	FirstHour  int                `json:"first_hour"`
	ThisHour   int                `json:"this_hour"`
	Turnaround Turnaround         `json:"turnaround"`
}

// DayCounts are the states in the order of the work.
type DayCounts struct {
	Ordered     int `json:"ordered"`
	OrderedHour int `json:"ordered_this_hour"`
	ToCollect   int `json:"to_collect"`
	LongestMin  int `json:"longest_wait_min"`
	ToReceive   int `json:"to_receive"`
	Bench       int `json:"at_bench"`
	OnAnalyzers int `json:"on_analyzers"`
	Held        int `json:"held"`
	HeldCrit    int `json:"held_critical"`
	ToSign      int `json:"to_sign"`
	Released    int `json:"released"`
	Delivered   int `json:"delivered"`
	Inbox       int `json:"inbox"`
	Reports     int `json:"reports_to_print"`
	Dues        int `json:"visits_with_dues"`
	Visits      int `json:"visits"`
}

// LateRow is one sample that is late or due next.
type LateRow struct {
	SampleID  lab.ID            `json:"sample_id"`
	VisitID   lab.ID            `json:"visit_id"`
	Accession string            `json:"accession"`
	Sex       string            `json:"sex"`
	Age       string            `json:"age"`
	Priority  string            `json:"priority"`
	Panels    []string          `json:"panels"`
	Where     string            `json:"where" doc:"Code: to_collect, to_receive, to_enter, on_analyzer, held, to_verify."`
	Params    map[string]string `json:"params,omitempty"`
	DueAt     time.Time         `json:"due_at"`
}

// Need is something that waits for a person.
type Need struct {
	Code   string            `json:"code" doc:"inbox, instrument_silent, instrument_unapproved, printer, sync_blocked, backup_old."`
	Params map[string]string `json:"params"`
	Text   string            `json:"text"`
	Link   string            `json:"link" doc:"Screen that solves it."`
}

// HourRow is the work of one department by hour.
type HourRow struct {
	Department string `json:"department"`
	Done       []int  `json:"done" doc:"Results by hour, from first_hour on."`
	Expected   []int  `json:"expected" doc:"Mean of the same weekday in the last four weeks."`
}

// Turnaround is received to released, today, routine.
type Turnaround struct {
	MedianMin int   `json:"median_min"`
	TargetMin int   `json:"target_min"`
	InTarget  int   `json:"in_target_permille"`
	Buckets   []int `json:"buckets" doc:"Visits by half hour."`
}

// Change is one entry of the journal as people read it.
type Change struct {
	Seq    int64         `json:"seq"`
	At     time.Time     `json:"at"`
	By     string        `json:"by"`
	Op     string        `json:"op" doc:"insert, update, tombstone, amend, erase or applied (it came from the hub)."`
	Entity string        `json:"entity"`
	Record lab.ID        `json:"record"`
	Of     string        `json:"of,omitempty" doc:"What people call the record: a test, a lab number, a bill number."`
	Reason string        `json:"reason" doc:"Code of what was done, for example result.enter."`
	Said   string        `json:"said,omitempty" doc:"The reason in the person's own words."`
	Erased bool          `json:"erased" doc:"The personal part of this entry was erased on request."`
	Fields []FieldChange `json:"fields"`
}

// FieldChange is one field before and after.
type FieldChange struct {
	Field string `json:"field"`
	Kind  string `json:"kind" enum:"text,number,time,money,yes,record,document,hash" doc:"How to write the values: a time is RFC 3339, money is paise, yes is 1 or 0."`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Trail is what happened to one record, newest first.
type Trail struct {
	Entity  string   `json:"entity"`
	Of      string   `json:"of" doc:"What people call the record."`
	Changes []Change `json:"changes"`
}
