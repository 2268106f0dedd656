package catalogue

import (
	"bytes"
	_ "embed" // the starter is data
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
)

//go:embed starter.csv
var starterTests []byte

//go:embed starter_names.csv
var starterNames []byte

// StarterSource is the source of every row of the starter: a lab confirms each by its own method before use.
const StarterSource = "starter catalogue, to be confirmed by the lab"

// Starter gives the catalogue that a new lab begins with: common Indian tests with typical adult intervals, critical and
// delta limits, Hindi names and prices to start from. Ids are zero; whoever stores it gives them.
func Starter() (Catalogue, error) {
	c, err := Read(bytes.NewReader(starterTests))
	if err != nil {
		return Catalogue{}, err
	}
	if err := name(&c, starterNames); err != nil {
		return Catalogue{}, err
	}
	for i := range c.Tests {
		t := &c.Tests[i]
		t.Formula = starterFormulas()[t.Code]
		t.Options = starterOptions(t.Code)
		t.Sensitive = slices.Contains([]string{"HIV", "HIVE", "HBSAG", "HCV", "ABO", "RH", "MPTK", "MPTN", "MALAG", "AFB", "UCUL"}, t.Code)
		if t.Code == "GLUPP" {
			t.Draw = "pp2h"
		}
	}
	c.Deltas = starterDeltas()
	namePanels(&c)
	return c, nil
}

// Read reads a catalogue file: one row for each test and interval, with the columns of the starter, in any order. Rows of
// one code must agree in everything but sex, age, limits and normal text. age_max_days is inclusive in the file. Numeric
// intervals serve patients who are not pregnant; critical limits become rows of their own.
func Read(r io.Reader) (Catalogue, error) {
	reader := csv.NewReader(r)
	head, err := reader.Read()
	if err != nil {
		return Catalogue{}, lab.Invalid("catalogue_header", "The file has no header line.")
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	for _, need := range []string{"code", "name", "specimen", "result_type", "sex", "age_min_days", "age_max_days"} {
		if !slices.Contains(head, need) {
			return Catalogue{}, lab.Invalid("catalogue_header", "The file has no column "+need+".")
		}
	}
	l := loader{head: head, tests: map[string]int{}, panels: map[string]int{}}
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		l.line++
		if err != nil {
			return Catalogue{}, lab.Invalid("catalogue_row", fmt.Sprintf("Row %d has the wrong number of columns.", l.line))
		}
		l.fields = fields
		l.row()
	}
	if len(l.wrong) > 0 {
		return Catalogue{}, lab.Invalid("catalogue_invalid", "Some rows of the file need correction.", l.wrong...)
	}
	return l.out, nil
}

type loader struct {
	head   []string
	fields []string
	line   int
	out    Catalogue
	tests  map[string]int
	panels map[string]int
	wrong  []lab.FieldError
}

func (l *loader) get(column string) string {
	i := slices.Index(l.head, column)
	if i < 0 {
		return ""
	}
	return strings.TrimSpace(l.fields[i])
}

func (l *loader) fault(column, code, message string) {
	l.wrong = append(l.wrong, lab.FieldError{Field: fmt.Sprintf("row[%d].%s", l.line, column), Code: code, Message: message})
}

func (l *loader) row() {
	t := Test{
		Code: l.get("code"), Name: l.get("name"), LOINC: l.get("loinc"), Specimen: l.get("specimen"), Unit: l.get("unit"),
		Method: l.get("method"), Department: l.get("department"), Type: ResultType(l.get("result_type")), Normal: l.get("text_normal"),
		Decimals: l.whole("decimals"),
	}
	if i, seen := l.tests[t.Code]; !seen {
		l.tests[t.Code] = len(l.out.Tests)
		l.out.Tests = append(l.out.Tests, t)
	} else if old := l.out.Tests[i]; old.Name != t.Name || old.LOINC != t.LOINC || old.Unit != t.Unit || old.Type != t.Type {
		l.fault("code", "code_repeated", "Another row gives this code to a different test.")
	}
	for p := range strings.SplitSeq(l.get("panel"), ";") {
		l.panel(strings.TrimSpace(p), t.Code)
	}
	l.limits(t)
}

func (l *loader) panel(panel, test string) {
	if panel == "" {
		return
	}
	i, seen := l.panels[panel]
	if !seen {
		i = len(l.out.Panels)
		l.panels[panel] = i
		l.out.Panels = append(l.out.Panels, Panel{Code: panel, Name: panel})
	}
	if !slices.Contains(l.out.Panels[i].Tests, test) {
		l.out.Panels[i].Tests = append(l.out.Panels[i].Tests, test)
	}
}

func (l *loader) limits(t Test) {
	sex := patient.Sex(l.get("sex"))
	from, to := l.whole("age_min_days"), l.whole("age_max_days")+1
	if !t.Type.IsNumber() {
		return
	}
	row := Interval{
		Test: t.Code, Sex: sex, AgeFrom: from, AgeTo: to, Pregnancy: NotPregnant, Low: l.decimal("ref_low"),
		High: l.decimal("ref_high"), Text: l.get("text_normal"), Source: StarterSource,
	}
	if code := row.fault(); code != "" {
		l.fault("sex", code, "The interval of this row is not possible.")
	}
	l.out.Intervals = append(l.out.Intervals, row)
	critical := Critical{
		Test: t.Code, Sex: sex, AgeFrom: from, AgeTo: to, Low: l.decimal("critical_low"), High: l.decimal("critical_high"),
		Source: StarterSource,
	}
	if critical.Low == nil && critical.High == nil {
		return
	}
	for i, old := range l.out.Criticals {
		if old.Test == t.Code && old.AgeFrom == from && old.AgeTo == to && equal(old.Low, critical.Low) && equal(old.High, critical.High) {
			l.out.Criticals[i].Sex = AnySex
			return
		}
	}
	l.out.Criticals = append(l.out.Criticals, critical)
}

func (l *loader) whole(column string) int {
	text := l.get(column)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		l.fault(column, "not_whole", "This is not a whole number.")
	}
	return n
}

func (l *loader) decimal(column string) *lab.Decimal {
	text := l.get(column)
	if text == "" {
		return nil
	}
	d, err := lab.ParseDecimal(text)
	if err != nil {
		l.fault(column, "not_number", "This is not a number.")
		return nil
	}
	return &d
}

func equal(a, b *lab.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Cmp(*b) == 0
}

// name adds prices and Hindi names from rows of code, rupees, name_hi.
func name(c *Catalogue, file []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		return fmt.Errorf("read starter names: %w", err)
	}
	for _, row := range rows[1:] {
		rupees, err := strconv.Atoi(row[1])
		if err != nil {
			return fmt.Errorf("read starter price of %s: %w", row[0], err)
		}
		i := slices.IndexFunc(c.Tests, func(t Test) bool { return t.Code == row[0] })
		if i < 0 {
			return lab.Invalid("starter_name", "A starter name belongs to no test: "+row[0])
		}
		c.Tests[i].Price, c.Tests[i].NameHi = lab.Paise(rupees)*100, row[2]
	}
	return nil
}
