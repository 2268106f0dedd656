// Package fhir builds and judges the health records that leave the laboratory: document bundles of FHIR R4 (4.0.1) by
// the profiles of NRCeS (ABDM). A record that a receiving hospital cannot read is worse than none, so what is built here
// passes the same judge as what comes in, and the judge is stricter than the JSON schema: it knows required primitives,
// closed slices, and that every reference ends inside the document.
//
// r4.txt holds the structure of the resource and data types of these records, one type a line, drawn from HL7's R4
// definitions (CC0): name, "*" for a list, "!" for required, "~group" for one of a choice, the type behind ":".
// nrces.txt holds what the NRCeS profiles (package ndhm.in 6.5.0) ask beyond it: "need path min max [= fixed]" and
// "target path types".
package fhir

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// MaxBytes is the largest document judged; embedded scans make records large.
const MaxBytes = 32 << 20

// Profiles is where the profiles of NRCeS stand.
const Profiles = "https://nrces.in/ndhm/fhir/r4/StructureDefinition/"

//go:embed r4.txt
var r4Text string

//go:embed nrces.txt
var nrcesText string

// element is one field of a type.
type element struct {
	name     string
	kind     string
	codes    []string // the only words, for a bound code
	choice   string   // the group of which only one may stand
	many     bool
	required bool
}

// structure is one type.
type structure struct {
	name     string
	elements map[string]element
	order    []string
}

func (s structure) isResource() bool { _, ok := s.elements["implicitRules"]; return ok }

// types is the structure of every type by its name.
var types = sync.OnceValue(func() map[string]structure {
	out := map[string]structure{}
	for line := range strings.Lines(r4Text) {
		words := strings.Fields(line)
		s := structure{name: words[0], elements: map[string]element{}}
		for _, w := range words[1:] {
			e := readElement(w)
			s.elements[e.name] = e
			s.order = append(s.order, e.name)
		}
		out[s.name] = s
	}
	return out
})

func readElement(w string) element {
	var e element
	e.name, e.kind, _ = strings.Cut(w, ":")
	if kind, words, ok := strings.Cut(e.kind, "="); ok {
		e.kind = kind
		for c := range strings.SplitSeq(words, "|") {
			e.codes = append(e.codes, strings.ReplaceAll(c, "%20", " "))
		}
	}
	e.name, e.choice, _ = strings.Cut(e.name, "~")
	e.name, e.required = strings.CutSuffix(e.name, "!")
	e.name, e.many = strings.CutSuffix(e.name, "*")
	return e
}

// need is one thing that a profile asks for.
type need struct {
	path  []string // of the element below the resource; a segment may name a slice ("coding:LOINC")
	least int
	most  int // 0 for no bound
	fixed string
}

// profile is what NRCeS asks of one resource.
type profile struct {
	name     string
	resource string
	needs    []need
	targets  map[string][]string // path of a reference to the types it may end at
}

// profiles holds the known profiles by name.
var profiles = sync.OnceValue(func() map[string]*profile {
	out := map[string]*profile{}
	var p *profile
	for line := range strings.Lines(nrcesText) {
		words := strings.Fields(line)
		switch words[0] {
		case "profile":
			p = &profile{name: words[1], resource: words[2], targets: map[string][]string{}}
			out[p.name] = p
		case "need":
			n := need{path: strings.Split(words[1], ".")}
			n.least, _ = strconv.Atoi(words[2])
			n.most, _ = strconv.Atoi(words[3])
			if _, fixed, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
				n.fixed = fixed
			}
			p.needs = append(p.needs, n)
		case "target":
			p.targets[words[1]] = words[2:]
		}
	}
	return out
})
