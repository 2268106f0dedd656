package sample

import (
	"cmp"
	"slices"
)

// Container is a kind of tube or cup. Draw is its place in the order of draw (CLSI GP41: cultures, citrate, serum, heparin,
// EDTA, fluoride), so that additives are not carried over.
type Container struct {
	Code   string
	Name   string
	NameHi string
	Colour string // of the cap; empty without one
	Hex    string // of the mark on screen
	Draw   int
}

// Containers gives the kinds of container, in order of draw.
func Containers() []Container {
	return []Container{
		{"CULT", "Blood culture bottle", "ब्लड कल्चर बोतल", "", "#7048e8", 1},
		{"CIT", "Citrate tube", "साइट्रेट ट्यूब", "light blue", "#74c0fc", 2},
		{"SST", "Serum tube (gel)", "सीरम ट्यूब (जेल)", "yellow", "#ffd43b", 3},
		{"SER", "Serum tube (plain)", "सीरम ट्यूब (सादी)", "red", "#fa5252", 4},
		{"HEP", "Heparin tube", "हेपरिन ट्यूब", "green", "#40c057", 5},
		{"EDTA", "EDTA tube", "ईडीटीए ट्यूब", "lavender", "#b197fc", 6},
		{"FLU", "Fluoride tube", "फ्लोराइड ट्यूब", "grey", "#868e96", 7},
		{"BED", "At the bedside", "मरीज़ के पास", "", "#dee2e6", 8},
		{"URI", "Urine container", "पेशाब का डिब्बा", "", "#ffe066", 9},
		{"URI24", "24-hour urine can", "24 घंटे के पेशाब का कैन", "", "#fab005", 10},
		{"STO", "Stool container", "मल का डिब्बा", "", "#a9714b", 11},
		{"SPU", "Sputum container", "बलगम का डिब्बा", "", "#c0eb75", 12},
		{"STE", "Sterile container", "विसंक्रमित डिब्बा", "", "#e9ecef", 13},
	}
}

// ContainerFor gives the container of a specimen by the starter's names. An unknown specimen gets the sterile container,
// so that it is never pooled with another.
func ContainerFor(specimen string) Container {
	code := map[string]string{
		"Whole blood EDTA": "EDTA", "Plasma EDTA": "EDTA", "Plasma fluoride": "FLU", "Plasma citrate": "CIT", "Serum": "SST",
		"Plasma heparin": "HEP", "Whole blood heparin": "HEP", "Blood culture": "CULT", "Capillary blood": "BED",
		"Whole blood": "BED", "Urine spot": "URI", "Urine 24 h": "URI24", "Stool": "STO", "Sputum": "SPU",
	}[specimen]
	if code == "" {
		code = "STE"
	}
	all := Containers()
	return all[slices.IndexFunc(all, func(c Container) bool { return c.Code == code })]
}

// Need is one ordered test as tubes see it.
type Need struct {
	Test     string // code
	Specimen string
	Draw     string // empty for the visit's common draw
}

// Tube is one container to be filled, and the tests that are done from it.
type Tube struct {
	Container Container
	Specimen  string
	Draw      string
	Tests     []string
}

// Group puts the ordered tests into as few tubes as their specimens and draws allow, in the order of draw, the common draw
// first.
func Group(needs []Need) []Tube {
	type key struct{ container, specimen, draw string }
	var tubes []Tube
	index := map[key]int{}
	for _, n := range needs {
		c := ContainerFor(n.Specimen)
		k := key{c.Code, n.Specimen, n.Draw}
		i, ok := index[k]
		if !ok {
			i = len(tubes)
			index[k] = i
			tubes = append(tubes, Tube{Container: c, Specimen: n.Specimen, Draw: n.Draw})
		}
		if !slices.Contains(tubes[i].Tests, n.Test) {
			tubes[i].Tests = append(tubes[i].Tests, n.Test)
		}
	}
	slices.SortStableFunc(tubes, func(a, b Tube) int {
		return cmp.Or(cmp.Compare(a.Draw, b.Draw), cmp.Compare(a.Container.Draw, b.Container.Draw))
	})
	return tubes
}
