package driver_test

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"
)

// deflated packs floats as Horiba's analyzers do.
func deflated(t *testing.T, values ...float32) string {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		if err := binary.Write(w, binary.LittleEndian, math.Float32bits(v)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "FLOATLE-stream/deflate:base64^" + base64.StdEncoding.EncodeToString(packed.Bytes())
}

func TestPlots(t *testing.T) {
	t.Parallel()
	png := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\nrest"))
	script := base64.StdEncoding.EncodeToString([]byte("<script>"))
	histogram := base64.StdEncoding.EncodeToString([]byte{0, 1, 2, 9, 5, 2, 1, 0})
	head := "MSH|^~\\&|Mindray|BC-5380|||1||ORU^R01|1|P|2.3.1\nOBR|1||S1|00001^Automated Count^99MRC\n"
	for name, c := range map[string]struct {
		protocol profile.Protocol
		text     string
		want     []driver.Plot
	}{
		"axis and curve as deflated floats": {profile.ASTM, "H|\\^&|||H500\nP|1\nO|1|S1\nM|1|HISTOGRAM|PLT|Plt|" + deflated(t, 0, 1, 2) + "|" + deflated(t, 5, 7.5, 0) + "\nL|1", []driver.Plot{
			{Group: 2, Name: "HISTOGRAM PLT Plt", Kind: driver.PlotCurve, X: []float64{0, 1, 2}, Y: []float64{5, 7.5, 0}},
		}},
		"a matrix": {profile.ASTM, "H|\\^&|||H500\nP|1\nO|1|S1\nM|1|MATRIX|LMNE|" + deflated(t, 1, 0, 0, 3) + "\nL|1", []driver.Plot{
			{Group: 2, Name: "MATRIX LMNE", Kind: driver.PlotMatrix, Y: []float64{1, 0, 0, 3}},
		}},
		"a list of numbers":      {profile.ASTM, "H|\\^&\nO|1|S1\nM|1|RR|-21|-21\\1\\1\\-1\\-33\\-37\\140\\141\nL|1", []driver.Plot{{Group: 1, Name: "RR -21", Kind: driver.PlotCurve, Y: []float64{-21, 1, 1, -1, -33, -37, 140, 141}}}},
		"torn base64 is no plot": {profile.ASTM, "H|\\^&\nO|1|S1\nM|1|HISTOGRAM|x|FLOATLE-stream/deflate:base64^!!\nL|1", nil},
		"reagents are no plot":   {profile.ASTM, "H|\\^&\nO|1|S1\nM|1|X|2365^20201208\\12\nL|1", nil},
		"a histogram of bytes": {profile.HL7, head + "OBX|1|ED|15000^WBC Histogram. Binary^99MRC||^Application^Octet-stream^Base64^" + histogram + "||||||F", []driver.Plot{
			{Group: 1, Name: "WBC Histogram. Binary", Kind: driver.PlotCurve, Y: []float64{0, 1, 2, 9, 5, 2, 1, 0}},
		}},
		"a picture": {profile.HL7, head + "OBX|1|ED|15200^Scattergram^99MRC||^Image^PNG^Base64^" + png + "||||||F", []driver.Plot{
			{Group: 1, Name: "Scattergram", Kind: driver.PlotImage, MIME: "image/png", Data: []byte("\x89PNG\r\n\x1a\nrest")},
		}},
		"what calls itself a picture and is none": {profile.HL7, head + "OBX|1|ED|15200^Scattergram^99MRC||^Image^PNG^Base64^" + script + "||||||F", []driver.Plot{
			{Group: 1, Name: "Scattergram", Kind: driver.PlotFile, MIME: "application/octet-stream", Data: []byte("<script>")},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, decodeOne(t, c.protocol, c.text).Plots); diff != "" {
				t.Error(diff)
			}
		})
	}
}
