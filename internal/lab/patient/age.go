package patient

import (
	"strconv"
	"time"

	"jaanch/internal/lab"
)

// Age is the time from birth to a day, three ways: completed years, completed months, and days.
type Age struct {
	Years  int
	Months int // completed months in all, not beyond the years
	Days   int // days in all: what reference intervals go by
}

// AgeBetween counts from birth to on. A birthday that the year does not have (29 February), and a month's day that the
// month does not have, is completed on the first of the next month.
func AgeBetween(birth, on lab.Date) (Age, error) {
	if on.Before(birth) {
		return Age{}, lab.Invalid("before_birth", "This day is before the patient's birth.")
	}
	months := (on.Year-birth.Year)*12 + int(on.Month) - int(birth.Month)
	if on.Day < birth.Day {
		months--
	}
	return Age{Years: months / 12, Months: months, Days: on.DaysSince(birth)}, nil
}

// Value gives the number and unit that are printed: days ("d") below 28 days, completed months ("m") below 24 months,
// then years ("y"). Between 28 days and the first completed month days are kept, so that "0 m" is never printed.
func (a Age) Value() (int, AgeUnit) {
	switch {
	case a.Days < 28 || a.Months == 0:
		return a.Days, Days
	case a.Months < 24:
		return a.Months, Months
	default:
		return a.Years, Years
	}
}

// String gives the short form for labels and lists: "12D", "11M", "34Y".
func (a Age) String() string {
	n, u := a.Value()
	return strconv.Itoa(n) + map[AgeUnit]string{Days: "D", Months: "M", Years: "Y"}[u]
}

// AgeUnit is the unit of an age that somebody stated or that is printed.
type AgeUnit string

// The units of age.
const (
	Days   AgeUnit = "d"
	Months AgeUnit = "m"
	Years  AgeUnit = "y"
)

// StatedAge is an age as the patient or a relative said it, with the day on which it was said. It grows with time.
type StatedAge struct {
	Value int
	Unit  AgeUnit
	On    lab.Date
}

func (s StatedAge) check(today lab.Date) error {
	limit := map[AgeUnit]int{Days: 3650, Months: 240, Years: 130}[s.Unit]
	switch {
	case limit == 0:
		return fault("age_unit", "Give the age in days, months or years.")
	case s.Value < 0 || s.Value > limit:
		return fault("age_range", "This age is not possible.")
	case s.On.IsZero() || today.Before(s.On):
		return fault("age_day", "The day on which the age was stated is missing or in the future.")
	}
	return nil
}

// Birth gives the latest birthday that fits what was said: "34 years" said today means born today 34 years ago.
func (s StatedAge) Birth() (lab.Date, bool) {
	if s.On.IsZero() {
		return lab.Date{}, false
	}
	switch s.Unit {
	case Days:
		return s.On.AddDays(-s.Value), true
	case Months:
		return monthsBefore(s.On, s.Value), true
	case Years:
		return monthsBefore(s.On, 12*s.Value), true
	default:
		return lab.Date{}, false
	}
}

// monthsBefore stays within the month: 31 March less one month is 28 or 29 February.
func monthsBefore(d lab.Date, n int) lab.Date {
	total := d.Year*12 + int(d.Month) - 1 - n
	first, err := lab.NewDate(total/12, time.Month(total%12+1), 1)
	if err != nil {
		return lab.Date{}
	}
	for day := d.Day; day > 28; day-- {
		if out, err := lab.NewDate(first.Year, first.Month, day); err == nil {
			return out
		}
	}
	return first.AddDays(min(d.Day, 28) - 1)
}

// AgeOn gives the age on the day of collection; false where neither birth nor age is known, or the day is before birth.
func (p Patient) AgeOn(on lab.Date) (Age, bool) {
	birth := p.Birth
	if birth.IsZero() {
		estimated, ok := p.Stated.Birth()
		if !ok {
			return Age{}, false
		}
		birth = estimated
	}
	age, err := AgeBetween(birth, on)
	return age, err == nil
}
