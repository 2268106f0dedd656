package reportpdf_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/report"
	"jaanch/internal/lab/result"
)

func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, time.FixedZone("IST", 330*60))
}

func decimal(s string) *lab.Decimal {
	if s == "" {
		return nil
	}
	d := lab.MustDecimal(s)
	return &d
}

// line makes a numeric result with four earlier ones, newest first.
func line(name, hindi, value, flag, unit, low, high string, before ...string) report.Line {
	l := report.Line{
		ResultID: lab.ID{1}, TestCode: name, Name: name, NameHi: hindi, Value: value, Unit: unit, Flag: result.Flag(flag),
		Low: decimal(low), High: decimal(high), Number: decimal(value), Accession: "26325K701189", InScope: true,
	}
	switch {
	case low != "" && high != "":
		l.Interval = low + " – " + high
	case low != "":
		l.Interval = "> " + low
	case high != "":
		l.Interval = "< " + high
	}
	days := []time.Time{at(19, 9, 0), at(1, 9, 0).AddDate(0, -3, 11), at(1, 9, 0).AddDate(0, -5, 21), at(1, 9, 0).AddDate(0, -8, 2)}
	for i, b := range before {
		l.Previous = append(l.Previous, report.Previous{Value: b, At: days[i]})
	}
	return l
}

// sample is the report of the design: a blood count and kidney function on one page.
func sample() report.Report {
	blood := report.Section{Title: "Complete blood count", TitleHi: "संपूर्ण रक्त गणना", Lines: []report.Line{
		line("Haemoglobin", "हीमोग्लोबिन", "9.2", "L", "g/dL", "12.0", "15.0", "9.4", "9.8", "10.2", "10.4"),
		line("RBC count", "लाल रक्त कण", "3.31", "L", "10⁶/µL", "3.8", "4.8", "3.38", "3.4", "3.5", "3.6"),
		line("Haematocrit (PCV)", "हीमेटोक्रिट", "27.9", "L", "%", "36", "46", "28.4", "29", "30", "31"),
		line("MCV", "औसत कण आयतन", "84.3", "", "fL", "83", "101", "84.0", "84", "85", "85"),
		line("MCH", "औसत कण हीमोग्लोबिन", "27.8", "", "pg", "27", "32", "27.8", "28", "28", "28"),
		line("MCHC", "कण हीमोग्लोबिन सांद्रता", "33.0", "", "g/dL", "31.5", "34.5", "33.1", "33", "33", "33"),
		line("RDW-CV", "कण आकार भिन्नता", "14.8", "H", "%", "11.6", "14.0", "14.6", "14", "14", "13.9"),
		line("Total leucocyte count", "श्वेत रक्त कण", "7.84", "", "10³/µL", "4.0", "10.0", "8.10", "8", "7", "7.5"),
		line("Neutrophils", "न्यूट्रोफ़िल", "72.0", "", "%", "40", "80", "69.0", "70", "68", "69"),
		line("Lymphocytes", "लिम्फ़ोसाइट", "18.6", "L", "%", "20", "40", "22.0", "24", "26", "26"),
		line("Monocytes", "मोनोसाइट", "6.2", "", "%", "2", "10", "6.0", "6", "6", "5"),
		line("Eosinophils", "इओसिनोफ़िल", "2.8", "", "%", "1", "6", "2.6", "2.5", "3", "3"),
		line("Basophils", "बेसोफ़िल", "0.4", "", "%", "0", "2", "0.4", "0.4", "0.5", "0.4"),
		line("Platelet count", "प्लेटलेट", "118", "L", "10³/µL", "150", "410", "204", "210", "220", "230"),
	}}
	kidney := report.Section{Title: "Kidney function", TitleHi: "गुर्दे की जाँच", Lines: []report.Line{
		line("Urea", "यूरिया", "92", "H", "mg/dL", "17", "43", "64", "60", "58", "55"),
		line("Blood urea nitrogen", "रक्त यूरिया नाइट्रोजन", "43.0", "H", "mg/dL", "8", "20", "29.9", "28", "27", "26"),
		line("Creatinine", "क्रिएटिनिन", "3.42", "H", "mg/dL", "0.6", "1.1", "2.10", "1.90", "1.70", "1.60"),
		line("eGFR, CKD-EPI 2021", "गुर्दे की छनन दर", "15", "L", "mL/min/1.73 m²", "90", "", "27", "29", "32", "35"),
		line("Uric acid", "यूरिक अम्ल", "7.8", "H", "mg/dL", "2.6", "6.0", "7.1", "7", "6.8", "6.8"),
		line("Sodium", "सोडियम", "131", "L", "mmol/L", "136", "145", "136", "137", "138", "138"),
		line("Potassium", "पोटैशियम", "6.8", "HH", "mmol/L", "3.5", "5.1", "5.2", "5", "4.9", "4.8"),
		line("Chloride", "क्लोराइड", "101", "", "mmol/L", "98", "107", "103", "103", "104", "105"),
		line("Calcium, total", "कैल्शियम", "8.4", "L", "mg/dL", "8.6", "10.3", "8.7", "8.8", "8.9", "9"),
		line("Phosphorus", "फ़ॉस्फ़ोरस", "5.1", "H", "mg/dL", "2.5", "4.5", "4.6", "4.4", "4.2", "4.1"),
	}}
	for i := range blood.Lines {
		blood.Lines[i].Method = "Flow cytometry, impedance, SLS-Hb"
	}
	for i := range kidney.Lines {
		kidney.Lines[i].Accession = "26325K70119A"
	}
	kidney.Lines[9].InScope = false
	return report.Report{
		ID: lab.ID{9}, Version: 1, State: report.Final, IssuedAt: at(21, 11, 2), ZoneMin: 330,
		Lab: report.Laboratory{
			Name: "Nirmal Path Lab", NameHi: "निर्मल पैथ लैब, नाशिक रोड", Address: "12 Station Road, Nashik Road, Nashik 422101",
			Phone: "0253 555 0142", Email: "care@nirmalpathlab.example", Accreditation: "NABL MC-0000",
		},
		Patient: report.Patient{ID: lab.ID{2}, Name: "Asha Sharma", MRN: "P0012345", AgeSex: "58 y, female / 58 वर्ष, स्त्री", ABHA: "91-••••-••••-4821"},
		Visit:   report.Visit{Number: "V26325K7-0118", Referrer: "Dr S. Phadke, MD", RegisteredAt: at(21, 9, 58)},
		Samples: []report.Sample{
			{Accession: "26325K701189", Specimen: "EDTA blood", CollectedAt: at(21, 10, 5), ReceivedAt: at(21, 10, 21)},
			{Accession: "26325K70119A", Specimen: "Serum", CollectedAt: at(21, 10, 5), ReceivedAt: at(21, 10, 21), Condition: "slightly haemolysed"},
		},
		Sections: []report.Section{blood, kidney},
		Comments: []string{
			"Acute rise on chronic kidney disease with hyperkalaemia; urgent clinical review advised. Platelets seen on smear: no clumps.",
			"पुराने गुर्दा रोग में अचानक वृद्धि और पोटैशियम अधिक; तुरंत चिकित्सक से मिलें।",
		},
		Signers: []report.Signer{{
			UserID: lab.ID{5}, Name: "Dr Neha Kulkarni", Qualification: "MD Pathology", Registration: "MMC 2009/04/1187",
			Meaning: "authorised", At: at(21, 11, 2),
		}},
	}
}

// signed gives the text of a report's QR code.
func signed(t *testing.T, r report.Report) string {
	t.Helper()
	proof, err := report.NewProof(r, lab.Date{Year: 2026, Month: 11, Day: 21})
	if err != nil {
		t.Fatal(err)
	}
	proof.Signature = ed25519.Sign(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), proof.SignedBytes())
	text, err := proof.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// amended is a long report with everything that a report can hold: it fills several pages.
func amended() report.Report {
	r := sample()
	r.Version, r.State = 2, report.Amended
	r.Replaces = &report.Replaces{Version: 1, IssuedAt: at(21, 11, 2), Reason: "Potassium was measured again in a fresh tube."}
	r.IssuedAt = at(21, 15, 40)
	k := &r.Sections[1].Lines[6]
	k.Value, k.Number, k.Flag = "5.0", decimal("5.0"), result.Normal
	k.Old = &report.Change{Value: "6.8", Reason: "haemolysed sample, measured again", By: "Dr Neha Kulkarni", At: at(21, 15, 35)}
	more := report.Section{Title: "Other tests", TitleHi: "अन्य जाँच", Lines: []report.Line{
		{Name: "Dengue NS1 antigen", NameHi: "डेंगू एनएस1 एंटीजन", Value: "Positive", Flag: result.Abnormal, Interval: "Negative", Method: "ELISA", InScope: true},
		{Name: "Urine culture", NameHi: "मूत्र संवर्धन", Value: "Escherichia coli, more than 10⁵ CFU/mL. Sensitive to nitrofurantoin and fosfomycin; resistant to ciprofloxacin.", Flag: result.Normal, Method: "Culture, disc diffusion (CLSI M100)", InScope: true},
		{Name: "HbA1c", NameHi: "एचबीए1सी", Value: "7.1", Number: decimal("7.1"), Unit: "%", Interval: "normal < 5.7; prediabetes 5.7 – 6.4; diabetes ≥ 6.5", Flag: result.High, Method: "HPLC (NGSP)", InScope: true},
		{Name: "Troponin I, high sensitivity", NameHi: "ट्रोपोनिन आई, उच्च संवेदनशीलता", Value: "<3", Unit: "ng/L", Interval: "≤ 16", Flag: result.Normal, Method: "CLIA", InScope: true},
		{Name: "Vitamin K1", Value: "0.42", Number: decimal("0.42"), Unit: "ng/mL", Referral: "Central Reference Laboratory, Pune", Research: true, Method: "LC-MS/MS"},
		{Name: "Prothrombin time", NameHi: "प्रोथ्रोम्बिन समय", NotReported: "citrate tube was underfilled; a new sample has been asked for", InScope: true},
		{Name: "Glucose, fasting", NameHi: "ग्लूकोज़, खाली पेट", Value: "38", Number: decimal("38"), Unit: "mg/dL", Low: decimal("70"), High: decimal("99"), Interval: "70 – 99", Flag: result.CriticalLow, Method: "Hexokinase", InScope: true, Comment: "Told to Dr S. Phadke at 15:36, read back."},
	}}
	for i := range 3 {
		copied := more
		copied.Lines = append([]report.Line(nil), more.Lines...)
		if i > 0 {
			copied.Title += " " + string(rune('A'+i))
		}
		r.Sections = append(r.Sections, copied)
	}
	r.Signers = append([]report.Signer{{UserID: lab.ID{6}, Name: "Sunita Pawar", Qualification: "DMLT", Registration: "PMC 4471", Meaning: "verified", At: at(21, 15, 30)}}, r.Signers...)
	return r
}

// preliminary has results that are not ready and nobody's signature.
func preliminary() report.Report {
	r := sample()
	r.State, r.Signers, r.Comments = report.Preliminary, nil, nil
	r.Sections = r.Sections[1:]
	for i := range 4 {
		l := &r.Sections[0].Lines[2*i]
		l.Value, l.Number, l.Flag, l.Pending = "", nil, result.Normal, true
	}
	return r
}
