package lab

import (
	"fmt"
	"time"
)

// Date is a day of the calendar without time or zone: a birthday, a day of collection, the day a bill carries. The zero
// Date means "not known".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate makes a Date and refuses days that the calendar does not have.
func NewDate(year int, month time.Month, day int) (Date, error) {
	d := Date{Year: year, Month: month, Day: day}
	if year < 1 || year > 9999 || DateOf(d.midnight()) != d {
		return Date{}, Invalid("date_invalid", "This day is not in the calendar.")
	}
	return d, nil
}

// ParseDate reads "2026-11-21".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, Invalid("date_malformed", "Write the date as year-month-day, for example 2026-11-21.")
	}
	return DateOf(t), nil
}

// DateOf gives the day that t falls on in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// String gives "2026-11-21", empty for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// IsZero tells whether the day is not known.
func (d Date) IsZero() bool { return d == Date{} }

// Before tells whether d is an earlier day than o.
func (d Date) Before(o Date) bool { return d.midnight().Before(o.midnight()) }

// DaysSince gives the number of days from o to d; negative where d is the earlier one.
func (d Date) DaysSince(o Date) int { return int(d.midnight().Sub(o.midnight()) / (24 * time.Hour)) }

// AddDays gives the day n days later.
func (d Date) AddDays(n int) Date { return DateOf(d.midnight().AddDate(0, 0, n)) }

// YearDay gives the day's number within its year, 1 to 366.
func (d Date) YearDay() int { return d.midnight().YearDay() }

// midnight is in UTC so that every day has 24 hours.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }
