package engine

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"jaanch/internal/lab"
)

// Day is what a batch adds to the counts of one lab's day, in the lab's own time.
type Day struct {
	Lab     lab.ID
	Day     time.Time // midnight UTC of the date
	Visits  int64
	Samples int64
	Results int64
	Reports int64
	Revenue int64 // paise
}

type dayKey struct {
	lab lab.ID
	day time.Time
}

// count adds a new record to its day.
func (f *fold) count(c change, r *Record) {
	name := c.entity.Name
	switch name {
	case "visit", "sample", "result", "report", "payment", "receipt":
	default:
		return
	}
	local := time.UnixMilli(c.WallMS + int64(c.ZoneMin)*60_000).UTC()
	k := dayKey{r.Home, time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)}
	d := f.days[k]
	if d == nil {
		d = &Day{Lab: k.lab, Day: k.day}
		f.days[k] = d
	}
	switch name {
	case "visit":
		d.Visits++
	case "sample":
		d.Samples++
	case "result":
		d.Results++
	case "report":
		d.Reports++
	case "payment", "receipt":
		if fd, ok := c.entity.Column("amount"); ok {
			paise, _ := r.Doc[fd.ID].(int64)
			d.Revenue += paise
		}
	}
}

func (f *fold) sortedDays() []Day {
	out := make([]Day, 0, len(f.days))
	for _, d := range f.days {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Day) int { return cmp.Or(bytes.Compare(a.Lab[:], b.Lab[:]), a.Day.Compare(b.Day)) })
	return out
}
