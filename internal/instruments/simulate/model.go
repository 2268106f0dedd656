package simulate

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/profile"
)

// Analyte is one test of a simulated analyzer.
type Analyte struct {
	Code      string // the analyzer's own
	Catalogue string // the code of the starter catalogue that it maps to
	Name      string
	Unit      string
	Low, High float64  // where most healthy values lie; for the simulation alone
	Places    int      // digits behind the point
	words     []string // what it answers with, where that is no number
}

// Model is a kind of analyzer that the simulator can play.
type Model struct {
	ID       string
	Sender   string // H-5 or MSH-3
	Maker    string // MSH-4
	Serial   string
	Protocol instruments.Protocol
	Specimen string
	Panel    string // O-5 or OBR-4 of an upload that nobody ordered
	Analytes []Analyte

	profile *profile.Profile // whose analyzer this is; the generic one for those of the demonstration
	script  *script          // how it speaks; nil for those of the demonstration
}

// Models gives the analyzers of the demonstration: a cell counter on ASTM, a chemistry analyzer on HL7.
//
//nolint:goconst // a table of tests reads best with every row whole
func Models() []Model {
	return []Model{
		{
			ID: "cbc", Sender: "DEMO-HEM", Serial: "H100", Protocol: instruments.ASTM, Specimen: "WHOLE BLOOD", Panel: "CBC",
			Analytes: []Analyte{
				{"WBC", "WBC", "Total leucocyte count", "10*3/uL", 4, 10, 2, nil},
				{"RBC", "RBC", "RBC count", "10*6/uL", 3.9, 5.4, 2, nil},
				{"HGB", "HB", "Haemoglobin", "g/dL", 12, 16.5, 1, nil},
				{"HCT", "PCV", "Haematocrit", "%", 37, 49, 1, nil},
				{"MCV", "MCV", "MCV", "fL", 83, 101, 1, nil},
				{"MCH", "MCH", "MCH", "pg", 27, 32, 1, nil},
				{"MCHC", "MCHC", "MCHC", "g/dL", 31.5, 34.5, 1, nil},
				{"RDW-CV", "RDWCV", "RDW-CV", "%", 11.6, 14, 1, nil},
				{"PLT", "PLT", "Platelet count", "10*3/uL", 150, 410, 0, nil},
				{"MPV", "MPV", "MPV", "fL", 7.5, 11.5, 1, nil},
				{"NEUT%", "NEU", "Neutrophils", "%", 45, 70, 1, nil},
				{"LYMPH%", "LYM", "Lymphocytes", "%", 20, 40, 1, nil},
				{"MONO%", "MON", "Monocytes", "%", 2, 10, 1, nil},
				{"EO%", "EOS", "Eosinophils", "%", 1, 6, 1, nil},
				{"BASO%", "BAS", "Basophils", "%", 0.1, 1.5, 1, nil},
			},
		},
		{
			ID: "chemistry", Sender: "DEMO-CHEM", Maker: "DEMO", Serial: "C200", Protocol: instruments.HL7, Specimen: "SERUM", Panel: "CHEM",
			Analytes: []Analyte{
				{"UREA", "UREA", "Urea", "mg/dL", 17, 43, 0, nil},
				{"CREA", "CREA", "Creatinine", "mg/dL", 0.6, 1.2, 2, nil},
				{"UA", "URIC", "Uric acid", "mg/dL", 2.6, 7, 1, nil},
				{"NA", "NA", "Sodium", "mmol/L", 136, 145, 0, nil},
				{"K", "K", "Potassium", "mmol/L", 3.5, 5.1, 1, nil},
				{"CL", "CL", "Chloride", "mmol/L", 98, 107, 0, nil},
				{"CA", "CA", "Calcium", "mg/dL", 8.6, 10.3, 1, nil},
				{"PHOS", "PHOS", "Phosphorus", "mg/dL", 2.5, 4.5, 1, nil},
				{"TBIL", "TBIL", "Bilirubin total", "mg/dL", 0.3, 1.2, 2, nil},
				{"DBIL", "DBIL", "Bilirubin direct", "mg/dL", 0.05, 0.3, 2, nil},
				{"AST", "AST", "AST", "U/L", 8, 34, 0, nil},
				{"ALT", "ALT", "ALT", "U/L", 7, 35, 0, nil},
				{"ALP", "ALP", "Alkaline phosphatase", "U/L", 40, 110, 0, nil},
				{"GGT", "GGT", "Gamma GT", "U/L", 8, 38, 0, nil},
				{"TP", "TP", "Protein total", "g/dL", 6.4, 8.3, 1, nil},
				{"ALB", "ALB", "Albumin", "g/dL", 3.5, 5.2, 1, nil},
			},
		},
	}
}

// findModel gives the model of that id: one of the demonstration, or the analyzer of a profile.
func findModel(set *profile.Set, id string) (Model, error) {
	all, err := Scripted(set)
	if err != nil {
		return Model{}, err
	}
	for _, m := range append(Models(), all...) {
		if m.ID != id {
			continue
		}
		if m.profile == nil {
			generic := profile.GenericASTM
			if m.Protocol == instruments.HL7 {
				generic = profile.GenericHL7
			}
			m.profile, _ = set.Get(generic)
		}
		return m, nil
	}
	return Model{}, fmt.Errorf("simulate: there is no model %q", id)
}

// shaped gives the options with the frames as the analyzer's profile wants them, where nothing else was asked for.
func (m Model) shaped(opt Options) Options {
	if m.script == nil || m.Protocol == instruments.HL7 {
		return opt
	}
	if m.profile.Link.Packing == "message" {
		opt.Packing = astm.WholeMessage
	}
	if opt.FrameText == 0 {
		opt.FrameText = m.profile.Link.FrameSize
	}
	return opt
}

// row is one result to send.
type row struct {
	Analyte

	value string
	flag  string // N, L, H
}

// rows draws a value for each code; no codes mean everything that the model has. Values of one sample fit together: the
// red cell indices follow from their parts, and the five kinds of white cell add up to 100.
func (m Model) rows(rng *rand.Rand, codes []string) []row {
	values := map[string]float64{}
	for _, a := range m.Analytes {
		values[a.Code] = draw(rng, a)
	}
	if hgb, ok := values["HGB"]; ok {
		mcv, mchc := values["MCV"], values["MCHC"]
		values["HCT"] = hgb / mchc * 100
		values["RBC"] = values["HCT"] * 10 / mcv
		values["MCH"] = hgb * 10 / values["RBC"]
		balance(values, "NEUT%", "LYMPH%", "MONO%", "EO%", "BASO%")
	}
	if t, ok := values["TBIL"]; ok {
		values["DBIL"] = min(values["DBIL"], t*0.6)
	}
	if codes == nil {
		for _, a := range m.Analytes {
			codes = append(codes, a.Code)
		}
	}
	out := make([]row, 0, len(codes))
	for _, a := range m.analytes(codes) {
		if len(a.words) > 0 {
			out = append(out, row{Analyte: a, value: a.words[rng.IntN(len(a.words))]})
			continue
		}
		v, known := values[a.Code]
		if !known {
			v = draw(rng, a)
		}
		r := row{Analyte: a, value: strconv.FormatFloat(v, 'f', a.Places, 64), flag: "N"}
		switch {
		case v < a.Low:
			r.flag = "L"
		case v > a.High:
			r.flag = "H"
		}
		out = append(out, r)
	}
	return out
}

// analytes finds the tests of codes. A code that names an assay stands for all that it reports (MTB-RIF for
// MTB-RIF^Xpert^MTB); one that the model does not know is played as a plain number.
func (m Model) analytes(codes []string) []Analyte {
	var out []Analyte
	for _, code := range codes {
		known := len(out)
		for _, a := range m.Analytes {
			if a.Code == code || strings.HasPrefix(a.Code, code+"^") {
				out = append(out, a)
			}
		}
		if len(out) == known {
			out = append(out, Analyte{Code: code, Name: code, Low: 10, High: 90, Places: 1})
		}
	}
	return out
}

// draw gives a value: nine of ten within the range, the rest moderately outside of it.
func draw(rng *rand.Rand, a Analyte) float64 {
	mid, half := (a.Low+a.High)/2, (a.High-a.Low)/2
	if rng.IntN(10) == 0 {
		side := half * (1.05 + 0.5*rng.Float64())
		if rng.IntN(2) == 0 {
			return max(a.Low*0.6, mid-side)
		}
		return mid + side
	}
	return mid + half*0.9*(2*rng.Float64()-1)
}

// balance scales values so that they add up to 100.
func balance(values map[string]float64, codes ...string) {
	total := 0.0
	for _, c := range codes {
		total += values[c]
	}
	for _, c := range codes {
		values[c] *= 100 / total
	}
}
