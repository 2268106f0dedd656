package setup

import "jaanch/internal/lab"

// PickQuery finds tests and panels for an order by code, name, old name or Hindi name.
type PickQuery struct {
	Query     string   `json:"query" maxLength:"80"`
	Chosen    []lab.ID `json:"chosen,omitempty" maxItems:"100" doc:"What is on the order already, for the remarks."`
	PatientID lab.ID   `json:"patient_id,omitempty,omitzero"`
	Limit     int      `json:"limit,omitempty" minimum:"0" maximum:"50"`
}

// Pick is one test or panel to choose.
type Pick struct {
	Kind      string    `json:"kind" enum:"test,panel"`
	ID        lab.ID    `json:"id"`
	Code      string    `json:"code"`
	Name      string    `json:"name"`
	NameLocal string    `json:"name_local,omitempty"`
	Price     lab.Paise `json:"price"`
	Container string    `json:"container"`
	Colour    string    `json:"colour"`
	ReportIn  int       `json:"report_in_min"`
	Tests     []string  `json:"tests,omitempty" doc:"Codes inside a panel."`
	Remark    string    `json:"remark,omitempty" enum:",same_tube,inside,chosen" doc:"same_tube: no further tube; inside: a chosen panel holds it."`
	Inside    string    `json:"inside,omitempty" doc:"Code of that panel."`
}

// Picks are what fits, best first; often is what is usually ordered with the chosen ones.
type Picks struct {
	Picks []Pick `json:"picks"`
	Often []Pick `json:"often"`
}

// Catalogue is the list of tests and panels.
type Catalogue struct {
	Tests       []Test   `json:"tests"`
	Panels      []Panel  `json:"panels"`
	Departments []string `json:"departments"`
}

// Test is one test of the catalogue.
type Test struct {
	ID         lab.ID         `json:"id"`
	Code       string         `json:"code"`
	Name       string         `json:"name"`
	NameLocal  string         `json:"name_local,omitempty"`
	LOINC      string         `json:"loinc,omitempty"`
	Department string         `json:"department"`
	Specimen   string         `json:"specimen"`
	Container  string         `json:"container"`
	Unit       string         `json:"unit"`
	UnitText   string         `json:"unit_text" doc:"As it prints."`
	Method     string         `json:"method,omitempty"`
	Kind       string         `json:"kind" enum:"numeric,calculated,option,text,titer,range"`
	Decimals   int            `json:"decimals"`
	Formula    string         `json:"formula,omitempty"`
	Options    []string       `json:"options"`
	Price      lab.Paise      `json:"price"`
	ReportIn   int            `json:"report_in_min"`
	Active     bool           `json:"active"`
	Intervals  []TestInterval `json:"intervals"`
	Critical   []TestInterval `json:"critical"`
	Delta      *TestDelta     `json:"delta,omitempty"`
	Versions   string         `json:"versions"`
}

// TestInterval is one row of reference or critical limits.
type TestInterval struct {
	ID      lab.ID `json:"id,omitempty,omitzero"`
	Sex     string `json:"sex" enum:"M,F,any"`
	AgeFrom int    `json:"age_from_days"`
	AgeTo   int    `json:"age_to_days" doc:"Exclusive."`
	Low     string `json:"low,omitempty"`
	High    string `json:"high,omitempty"`
	Text    string `json:"text,omitempty"`
	Source  string `json:"source,omitempty"`
}

// TestDelta is how fast a value may change.
type TestDelta struct {
	Absolute string `json:"absolute,omitempty"`
	Percent  string `json:"percent,omitempty"`
	Floor    string `json:"floor,omitempty"`
	Days     int    `json:"days"`
}

// Panel is a group of tests that is ordered as one.
type Panel struct {
	ID        lab.ID    `json:"id"`
	Code      string    `json:"code"`
	Name      string    `json:"name"`
	NameLocal string    `json:"name_local,omitempty"`
	Price     lab.Paise `json:"price"`
	Tests     []string  `json:"tests"`
	Active    bool      `json:"active"`
	Versions  string    `json:"versions"`
}

// TestChange changes what a lab may change of a test; the rest comes by a new catalogue.
type TestChange struct {
	Name      string         `json:"name" minLength:"1" maxLength:"120"`
	NameLocal string         `json:"name_local,omitempty" maxLength:"120"`
	Method    string         `json:"method,omitempty" maxLength:"120"`
	UnitText  string         `json:"unit_text,omitempty" maxLength:"40"`
	Decimals  int            `json:"decimals" minimum:"0" maximum:"6"`
	Price     lab.Paise      `json:"price" minimum:"0"`
	ReportIn  int            `json:"report_in_min" minimum:"1" maximum:"100000"`
	Active    bool           `json:"active"`
	Intervals []TestInterval `json:"intervals" maxItems:"100"`
	Critical  []TestInterval `json:"critical" maxItems:"100"`
	Reason    string         `json:"reason,omitempty" maxLength:"200"`
	Versions  string         `json:"versions" minLength:"1"`
}

// PanelChange changes name, price and use of a panel.
type PanelChange struct {
	Name      string    `json:"name" minLength:"1" maxLength:"120"`
	NameLocal string    `json:"name_local,omitempty" maxLength:"120"`
	Price     lab.Paise `json:"price" minimum:"0"`
	Active    bool      `json:"active"`
	Versions  string    `json:"versions" minLength:"1"`
}

// Loaded says what loading the starter catalogue did.
type Loaded struct {
	Tests     int      `json:"tests"`
	Panels    int      `json:"panels"`
	Intervals int      `json:"intervals"`
	Skipped   int      `json:"skipped" doc:"Codes that were there already."`
	Warnings  []string `json:"warnings"`
}
