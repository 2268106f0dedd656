package sample

import "slices"

// Reason says what is wrong with a sample (lab-rules 6). Its text stands in the database and is the key of the translation.
type Reason string

// The reasons, for rejection or for acceptance with a comment.
const (
	Unlabelled       Reason = "unlabelled"
	Mislabelled      Reason = "mislabelled"
	TwoIDsDiffer     Reason = "two_ids_differ"
	WrongContainer   Reason = "wrong_container"
	WrongAdditive    Reason = "wrong_additive"
	Insufficient     Reason = "insufficient"
	FillVolume       Reason = "citrate_fill" // citrate filled outside 90 to 110 %
	Clotted          Reason = "clotted"
	Haemolysed       Reason = "haemolysed"
	Lipaemic         Reason = "lipaemic"
	Icteric          Reason = "icteric"
	TooOld           Reason = "too_old"
	WrongTemperature Reason = "wrong_temperature"
	Leaking          Reason = "leaking"
	NotFasting       Reason = "not_fasting"
	DripArm          Reason = "drip_arm"
	WrongTime        Reason = "wrong_time"
	NoConsent        Reason = "no_clinical_details_or_consent"
	Duplicate        Reason = "duplicate"
	ExpiredContainer Reason = "expired_container"
	Contaminated     Reason = "contaminated"
)

// Reasons gives all reasons in the order in which they are offered.
func Reasons() []Reason {
	return []Reason{
		Haemolysed, Clotted, Insufficient, Unlabelled, Mislabelled, TwoIDsDiffer, WrongContainer, WrongAdditive, FillVolume,
		Lipaemic, Icteric, TooOld, WrongTemperature, Leaking, NotFasting, DripArm, WrongTime, NoConsent, Duplicate,
		ExpiredContainer, Contaminated,
	}
}

func (r Reason) known() bool { return slices.Contains(Reasons(), r) }

// Identity tells whether the reason puts in doubt whose sample it is; then it is never accepted with a comment, unless it
// cannot be taken again.
func (r Reason) Identity() bool { return r == Unlabelled || r == Mislabelled || r == TwoIDsDiffer }
