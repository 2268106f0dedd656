package driver

import (
	"slices"
	"strings"

	"jaanch/internal/instruments/profile"
)

// orderable gives codes of the lab's map as the instrument is asked for them, each once. An assay that reports several analytes,
// or several aspects of one, is ordered by its own name (MTB-RIF, not MTB-RIF^Xpert^MTB): the profile says how many parts of
// a code that name has.
func orderable(p *profile.Profile, codes []string) []string {
	if p.Answer.CodeParts == 0 {
		return codes
	}
	var out []string
	for _, code := range codes {
		if name := assay(p, code); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

func assay(p *profile.Profile, code string) string {
	parts := strings.Split(code, "^")
	if n := p.Answer.CodeParts; n > 0 && n < len(parts) {
		parts = parts[:n]
	}
	return strings.Join(parts, "^")
}

// Withdrawable gives those of codes that can be taken back while the codes in still are wanted: an assay that reports both is
// not cancelled for the sake of one.
func Withdrawable(p *profile.Profile, codes, still []string) []string {
	kept := orderable(p, still)
	return slices.DeleteFunc(slices.Clone(codes), func(code string) bool {
		return p.Answer.CodeParts > 0 && slices.Contains(kept, assay(p, code))
	})
}

// Names tells whether an instrument that speaks of a code means the one in the lab's map.
func Names(p *profile.Profile, spoken, mapped string) bool {
	return spoken == mapped || spoken == assay(p, mapped)
}
