package result

import (
	"maps"
	"slices"
	"strings"
)

// Hold is a reason why a person must look before a result goes on. Code is stable and the key of the translation; Params
// fill its gaps. No hold ever removes a value.
type Hold struct {
	Code   string
	Params map[string]string
}

// The codes of holds that are not consistency rules; those have the names that Rules lists.
const (
	HoldNoLimit           = "no_limit_for_age"   // no interval or no critical limit fits the patient
	HoldSexUnknown        = "sex_unknown"        // both sexes' intervals are shown, nothing is flagged
	HoldAgeUnknown        = "age_unknown"        // the adult interval is shown, nothing is flagged
	HoldUncertain         = "flag_uncertain"     // a bound that may or may not be within
	HoldCritical          = "critical"           // call-back workflow
	HoldCriticalUncertain = "critical_uncertain" // a bound that may be critical
	HoldDelta             = "delta"              // changed too much since the last result
	HoldWrongTube         = "possible_wrong_tube"
	HoldSensitive         = "sensitive_test"
	HoldSuperseded        = "input_changed" // an input of a calculated test was amended
	HoldInstrumentFlag    = "instrument_flag"
	HoldQC                = "qc"
	HoldIdentity          = "identity" // unidentified patient, merge pending
	// HoldTwoValues is never stored with a value: it follows from two values of one test that did not know of each other, as
	// two nodes file them while they are apart, and ends when a person chose.
	HoldTwoValues = "two_values"
)

// NewHold makes a hold from pairs of names and values.
func NewHold(code string, pairs ...string) Hold {
	h := Hold{Code: code}
	for i := 0; i+1 < len(pairs); i += 2 {
		if h.Params == nil {
			h.Params = map[string]string{}
		}
		h.Params[pairs[i]] = pairs[i+1]
	}
	return h
}

// Text gives the English sentence.
func (h Hold) Text() string {
	text, ok := holdTexts()[h.Code]
	if !ok {
		for _, r := range Rules() {
			if r.Code == h.Code {
				text = r.Text
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(h.Params)) {
		text = strings.ReplaceAll(text, "{"+k+"}", h.Params[k])
	}
	if text == "" {
		return h.Code
	}
	return text
}

// HoldCodes gives the code of every hold that this package makes, sorted; a screen has words for each.
func HoldCodes() []string {
	out := slices.Collect(maps.Keys(holdTexts()))
	for _, r := range Rules() {
		out = append(out, r.Code)
	}
	slices.Sort(out)
	return out
}

func holdTexts() map[string]string {
	return map[string]string{
		HoldNoLimit:           "No limit for this age: no {kind} limits fit this patient.",
		HoldSexUnknown:        "The sex is not known, so the result cannot be compared with one interval.",
		HoldAgeUnknown:        "The age is not known; the adult interval is shown for orientation.",
		HoldUncertain:         "{value} may be within or outside the interval.",
		HoldCritical:          "Critical value {value}: call the requester and note the call.",
		HoldCriticalUncertain: "{value} may be critical.",
		HoldDelta:             "Changed from {previous} to {current} within {days} days.",
		HoldWrongTube:         "Several tests of this sample changed too much at once: it may be another patient's blood.",
		HoldSensitive:         "This test is never released without a person.",
		HoldSuperseded:        "A value that this test is calculated from has changed.",
		HoldInstrumentFlag:    "The analyzer marked this result: {flag}.",
		HoldQC:                "Quality control is not in order: {state}.",
		HoldIdentity:          "The patient's identity is not settled.",
		HoldTwoValues:         "Two values were filed for this test apart from each other. Choose the right one.",
	}
}
