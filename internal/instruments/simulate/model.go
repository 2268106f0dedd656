package simulate

import (
	"math/rand/v2"
	"strconv"

	"jaanch/internal/instruments"
)

// Analyte is one test of a simulated analyzer.
type Analyte struct {
	Code      string // the analyzer's own
	Catalogue string // the code of the starter catalogue that it maps to
	Name      string
	Unit      string
	Low, High float64 // where most healthy values lie; for the simulation alone
	Places    int     // digits behind the point
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
}

// Models gives the analyzers of the demonstration: a cell counter on ASTM, a chemistry analyzer on HL7.
//
//nolint:goconst // a table of tests reads best with every row whole
func Models() []Model {
	return []Model{
		{
			ID: "cbc", Sender: "DEMO-HEM", Serial: "H100", Protocol: instruments.ASTM, Specimen: "WHOLE BLOOD", Panel: "CBC",
			Analytes: []Analyte{
				{"WBC", "WBC", "Total leucocyte count", "10*3/uL", 4, 10, 2},
				{"RBC", "RBC", "RBC count", "10*6/uL", 3.9, 5.4, 2},
				{"HGB", "HB", "Haemoglobin", "g/dL", 12, 16.5, 1},
				{"HCT", "PCV", "Haematocrit", "%", 37, 49, 1},
				{"MCV", "MCV", "MCV", "fL", 83, 101, 1},
				{"MCH", "MCH", "MCH", "pg", 27, 32, 1},
				{"MCHC", "MCHC", "MCHC", "g/dL", 31.5, 34.5, 1},
				{"RDW-CV", "RDWCV", "RDW-CV", "%", 11.6, 14, 1},
				{"PLT", "PLT", "Platelet count", "10*3/uL", 150, 410, 0},
				{"MPV", "MPV", "MPV", "fL", 7.5, 11.5, 1},
				{"NEUT%", "NEU", "Neutrophils", "%", 45, 70, 1},
				{"LYMPH%", "LYM", "Lymphocytes", "%", 20, 40, 1},
				{"MONO%", "MON", "Monocytes", "%", 2, 10, 1},
				{"EO%", "EOS", "Eosinophils", "%", 1, 6, 1},
				{"BASO%", "BAS", "Basophils", "%", 0.1, 1.5, 1},
			},
		},
		{
			ID: "chemistry", Sender: "DEMO-CHEM", Maker: "DEMO", Serial: "C200", Protocol: instruments.HL7, Specimen: "SERUM", Panel: "CHEM",
			Analytes: []Analyte{
				{"UREA", "UREA", "Urea", "mg/dL", 17, 43, 0},
				{"CREA", "CREA", "Creatinine", "mg/dL", 0.6, 1.2, 2},
				{"UA", "URIC", "Uric acid", "mg/dL", 2.6, 7, 1},
				{"NA", "NA", "Sodium", "mmol/L", 136, 145, 0},
				{"K", "K", "Potassium", "mmol/L", 3.5, 5.1, 1},
				{"CL", "CL", "Chloride", "mmol/L", 98, 107, 0},
				{"CA", "CA", "Calcium", "mg/dL", 8.6, 10.3, 1},
				{"PHOS", "PHOS", "Phosphorus", "mg/dL", 2.5, 4.5, 1},
				{"TBIL", "TBIL", "Bilirubin total", "mg/dL", 0.3, 1.2, 2},
				{"DBIL", "DBIL", "Bilirubin direct", "mg/dL", 0.05, 0.3, 2},
				{"AST", "AST", "AST", "U/L", 8, 34, 0},
				{"ALT", "ALT", "ALT", "U/L", 7, 35, 0},
				{"ALP", "ALP", "Alkaline phosphatase", "U/L", 40, 110, 0},
				{"GGT", "GGT", "Gamma GT", "U/L", 8, 38, 0},
				{"TP", "TP", "Protein total", "g/dL", 6.4, 8.3, 1},
				{"ALB", "ALB", "Albumin", "g/dL", 3.5, 5.2, 1},
			},
		},
	}
}

// findModel gives the model of that id.
func findModel(id string) (Model, bool) {
	for _, m := range Models() {
		if m.ID == id {
			return m, true
		}
	}
	return Model{}, false
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
	for _, code := range codes {
		a := m.analyte(code)
		v, known := values[code]
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

// analyte finds a test by its code; one that the model does not know is played as a plain number.
func (m Model) analyte(code string) Analyte {
	for _, a := range m.Analytes {
		if a.Code == code {
			return a
		}
	}
	return Analyte{Code: code, Name: code, Low: 10, High: 90, Places: 1}
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
