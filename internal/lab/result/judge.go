package result

import (
	"jaanch/internal/lab/catalogue"
)

// Judgement is what the limits say about one value: the flag, the interval as chosen, and the holds.
type Judgement struct {
	Flag     Flag
	Snapshot Snapshot
	Holds    []Hold
}

// Judge chooses the interval and the critical limits for the patient and flags the value. A numeric result for which no
// interval fits, or which has critical limits of which none fits, is held and never looks normal.
func Judge(t catalogue.Test, v Value, intervals []catalogue.Interval, criticals []catalogue.Critical, s catalogue.Subject) Judgement {
	if !t.Type.IsNumber() {
		return judgeText(t, v, intervals, s)
	}
	var j Judgement
	choice := catalogue.ChooseInterval(intervals, s)
	if row, ok := choice.Row(); ok {
		j.Snapshot = Snapshot{Low: row.Low, High: row.High, Text: row.Text, IntervalID: row.ID}
	} else {
		j.explain(choice)
	}
	critical, found := catalogue.ChooseCritical(criticals, s)
	if found {
		j.Snapshot.CriticalLow, j.Snapshot.CriticalHigh, j.Snapshot.CriticalID = critical.Low, critical.High, critical.ID
	} else if len(criticals) > 0 {
		j.Holds = append(j.Holds, NewHold(HoldNoLimit, "kind", "critical"))
	}
	j.flag(v, choice.Flaggable)
	if t.Sensitive {
		j.Holds = append(j.Holds, NewHold(HoldSensitive))
	}
	j.Holds = distinct(j.Holds)
	return j
}

// explain notes why there is nothing to compare with, and keeps both sexes' or the adult interval as text to show.
func (j *Judgement) explain(c catalogue.Choice) {
	switch c.Reason {
	case "sex_unknown":
		j.Snapshot.Note = "both_sexes"
		j.Holds = append(j.Holds, NewHold(HoldSexUnknown))
	case "age_unknown":
		j.Snapshot.Note = "adult_interval"
		j.Holds = append(j.Holds, NewHold(HoldAgeUnknown))
	default:
		j.Snapshot.Note = HoldNoLimit
		j.Holds = append(j.Holds, NewHold(HoldNoLimit, "kind", "reference"))
	}
	for i, row := range c.Rows {
		if i > 0 {
			j.Snapshot.Text += "; "
		}
		if len(c.Rows) > 1 {
			j.Snapshot.Text += string(row.Sex) + " "
		}
		j.Snapshot.Text += row.Display()
	}
}

func (j *Judgement) flag(v Value, known bool) {
	limits := j.Snapshot.Limits()
	flag, certain := FlagNumber(v, limits)
	switch {
	case flag.Critical():
		j.Flag = flag
		j.Holds = append(j.Holds, NewHold(HoldCritical, "value", v.Text))
	case !known && (flag != Normal || !certain):
		j.Holds = append(j.Holds, NewHold(HoldCriticalUncertain, "value", v.Text))
	case !known:
	case !certain && flag == Uncertain:
		j.Flag = Uncertain
		j.Holds = append(j.Holds, NewHold(HoldUncertain, "value", v.Text))
	case !certain:
		j.Flag = flag
		j.Holds = append(j.Holds, NewHold(HoldCriticalUncertain, "value", v.Text))
	default:
		j.Flag = flag
	}
}

func judgeText(t catalogue.Test, v Value, intervals []catalogue.Interval, s catalogue.Subject) Judgement {
	j := Judgement{Flag: FlagText(t, v), Snapshot: Snapshot{Text: t.Normal}}
	if row, ok := catalogue.ChooseInterval(intervals, s).Row(); ok && row.Text != "" {
		j.Snapshot.Text, j.Snapshot.IntervalID = row.Text, row.ID
	}
	for _, o := range t.Options {
		if o.Critical && o.Text == v.Text {
			j.Holds = append(j.Holds, NewHold(HoldCritical, "value", v.Text))
		}
	}
	if j.Flag == Uncertain {
		j.Holds = append(j.Holds, NewHold(HoldUncertain, "value", v.Text))
	}
	if t.Sensitive {
		j.Holds = append(j.Holds, NewHold(HoldSensitive))
	}
	return j
}

// distinct keeps the first hold of each code: answering a code answers all of it, and parameters of the first say enough.
func distinct(holds []Hold) []Hold {
	var out []Hold
	seen := map[string]bool{}
	for _, h := range holds {
		if !seen[h.Code] {
			seen[h.Code] = true
			out = append(out, h)
		}
	}
	return out
}
