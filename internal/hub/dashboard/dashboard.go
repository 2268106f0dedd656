// Package dashboard reads what an owner sees: all labs at a glance, and results, reports and conflicts of all of them.
// Counts come from rollups that ingest raises; lists are read newest first by an index and a page at a time. The types
// with JSON tags are the shapes that the API shows.
package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/sync/engine"
)

// Dashboard reads for one hub. All fields must be set.
type Dashboard struct {
	DB     *postgres.DB
	Schema *engine.Schema
	Fleet  *fleet.Fleet
	Clock  func() time.Time
}

// india is the zone in which a day of the labs begins. The labs are Indian, and India has one zone without summer time.
const india = 330 * time.Minute

// MaxPage is the greatest page of any list here.
const MaxPage = 200

// Day is the counts of one day.
type Day struct {
	Day     string `json:"day" format:"date"`
	Visits  int64  `json:"visits"`
	Samples int64  `json:"samples"`
	Results int64  `json:"results"`
	Reports int64  `json:"reports"`
	Revenue int64  `json:"revenue_paise"`
}

// LabRow is one lab in the overview. Its counts are of what the hub has: for an offline lab, of its last sync.
type LabRow struct {
	ID           lab.ID     `json:"id" format:"uuid"`
	Name         string     `json:"name"`
	City         string     `json:"city"`
	Codes        []string   `json:"codes" doc:"Of its nodes"`
	State        string     `json:"state" enum:"online,offline,never,clock,suspended,empty" doc:"The worst of its nodes; empty without any"`
	OfflineSince *time.Time `json:"offline_since,omitempty"`
	Pending      *int64     `json:"pending,omitempty" doc:"Changes that wait at its nodes; absent when that is not known"`
	SkewMS       int64      `json:"skew_ms" doc:"Of the node whose clock is furthest off; node minus hub"`
	Conflicts    int64      `json:"conflicts"`
	Today        Day        `json:"today"`
	Week         []Day      `json:"week" doc:"Seven days up to today, oldest first"`
}

// Overview is the first screen.
type Overview struct {
	At        time.Time `json:"at"`
	OrgName   string    `json:"org_name"`
	Today     Day       `json:"today"`
	LastWeek  Day       `json:"same_day_last_week"`
	Online    int       `json:"online"`
	Conflicts int64     `json:"conflicts"`
	Labs      []LabRow  `json:"labs"`
}

func (d *Dashboard) statement() *queries.Queries { return d.DB.Queries() }

// Overview reads all labs at a glance.
func (d *Dashboard) Overview(ctx context.Context, org lab.ID) (Overview, error) {
	now := d.Clock()
	local := now.UTC().Add(india)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	out := Overview{At: now, Labs: []LabRow{}}
	tenant, err := d.statement().OrgByID(ctx, d.DB.Pool(), org)
	if err != nil {
		return out, fmt.Errorf("overview: %w", err)
	}
	out.OrgName = tenant.Name
	labs, err := d.Fleet.Labs(ctx, org)
	if err != nil {
		return out, err
	}
	nodes, err := d.Fleet.Nodes(ctx, org)
	if err != nil {
		return out, err
	}
	days, err := d.days(ctx, org, today.AddDate(0, 0, -7))
	if err != nil {
		return out, err
	}
	open, err := d.statement().ConflictsByLab(ctx, d.DB.Pool(), org)
	if err != nil {
		return out, fmt.Errorf("overview: %w", err)
	}
	for _, l := range labs {
		row := LabRow{ID: l.ID, Name: l.Name, City: l.City, Codes: []string{}, State: "empty", Week: []Day{}}
		for _, n := range nodes {
			if n.Lab == l.ID {
				row.add(n)
			}
		}
		row.count(days[l.ID], today)
		for _, c := range open {
			if c.Home == l.ID {
				row.Conflicts = c.Open
			}
		}
		if row.State == fleet.StateOnline || row.State == fleet.StateClock {
			out.Online++
		}
		out.Today.plus(row.Today)
		out.LastWeek.plus(days[l.ID][today.AddDate(0, 0, -7)])
		out.Labs = append(out.Labs, row)
	}
	for _, c := range open {
		out.Conflicts += c.Open
	}
	out.Today.Day, out.LastWeek.Day = today.Format(time.DateOnly), today.AddDate(0, 0, -7).Format(time.DateOnly)
	return out, nil
}

// severity orders the states from good to bad; a lab shows the worst of its nodes.
func severity(state string) int {
	switch state {
	case fleet.StateOnline:
		return 1
	case fleet.StateClock:
		return 2
	case fleet.StateNever:
		return 3
	case fleet.StateOffline:
		return 4
	case fleet.StateSuspended:
		return 5
	}
	return 0
}

// add counts a node into its lab. Revoked nodes are history and count no more.
func (r *LabRow) add(n fleet.Node) {
	if n.Status == "revoked" {
		return
	}
	r.Codes = append(r.Codes, n.Code)
	if severity(n.State) > severity(r.State) {
		r.State = n.State
	}
	if n.OfflineSince != nil && (r.OfflineSince == nil || n.OfflineSince.Before(*r.OfflineSince)) {
		r.OfflineSince = n.OfflineSince
	}
	if skew := n.Skew.Milliseconds(); n.Skew.Abs().Milliseconds() > max(r.SkewMS, -r.SkewMS) {
		r.SkewMS = skew
	}
	switch {
	case n.Pending == nil || len(r.Codes) > 1 && r.Pending == nil:
		r.Pending = nil
	case r.Pending == nil:
		pending := *n.Pending
		r.Pending = &pending
	default:
		*r.Pending += *n.Pending
	}
}

func (r *LabRow) count(days map[time.Time]Day, today time.Time) {
	for i := -6; i <= 0; i++ {
		at := today.AddDate(0, 0, i)
		day := days[at]
		day.Day = at.Format(time.DateOnly)
		r.Week = append(r.Week, day)
	}
	r.Today = r.Week[len(r.Week)-1]
}

func (d *Day) plus(o Day) {
	d.Visits += o.Visits
	d.Samples += o.Samples
	d.Results += o.Results
	d.Reports += o.Reports
	d.Revenue += o.Revenue
}

func (d *Dashboard) days(ctx context.Context, org lab.ID, from time.Time) (map[lab.ID]map[time.Time]Day, error) {
	rows, err := d.statement().LabDays(ctx, d.DB.Pool(), queries.LabDaysParams{Org: org, Day: from})
	if err != nil {
		return nil, fmt.Errorf("overview: days: %w", err)
	}
	out := map[lab.ID]map[time.Time]Day{}
	for _, r := range rows {
		if out[r.Lab] == nil {
			out[r.Lab] = map[time.Time]Day{}
		}
		out[r.Lab][r.Day.UTC()] = Day{Visits: r.Visits, Samples: r.Samples, Results: r.Results, Reports: r.Reports, Revenue: r.Revenue}
	}
	return out, nil
}

// entity gives the number of an entity for a statement.
func (d *Dashboard) entity(name string) int32 { return int32(d.Schema.EntityID(name)) }

// text reads a text of a document; a document of another shape gives nothing.
func text(doc map[string]any, column string) string {
	s, _ := doc[column].(string)
	return s
}

func document(b []byte) (map[string]any, error) {
	var doc map[string]any
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("read a document: %w", err)
	}
	return doc, nil
}

// millis reads a time of a document; nil where there is none.
func millis(doc map[string]any, column string) *time.Time {
	ms, ok := doc[column].(float64) // exact: milliseconds of this age have 41 bits
	if !ok {
		return nil
	}
	at := time.UnixMilli(int64(ms)).UTC()
	return &at
}
