package driver

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"
	"strconv"
	"strings"

	"jaanch/internal/instruments/astm"
)

// PlotKind says how a plot is to be drawn.
type PlotKind string

// The kinds.
const (
	PlotCurve  PlotKind = "curve"  // Y over X: a histogram, a reaction
	PlotMatrix PlotKind = "matrix" // values of a scattergram, row by row
	PlotImage  PlotKind = "image"  // a picture of the type MIME
	PlotFile   PlotKind = "file"   // bytes that nobody here can read
)

// Plot is a curve or picture that came in a message. It belongs to the run of its group and is never a result.
type Plot struct {
	Group int // of the O record or OBR; -1 where there is none
	Name  string
	Kind  PlotKind
	X, Y  []float64 // of a curve; Y alone of a matrix. Values that are no numbers are left out with their neighbours
	MIME  string    // of an image or a file
	Data  []byte    // of an image or a file
}

// maxInflated bounds what a few deflated bytes may grow to.
const maxInflated = 4 << 20

// minCurve is the fewest numbers in one field of an M record that make a curve of it.
const minCurve = 8

// plot reads a manufacturer's record. Horiba sends axis and curve as deflated floats (FLOATLE-stream/deflate:base64), others
// a list of numbers as the repeats of one field.
func (rd *astmReader) plot(r *astm.Record) {
	p := Plot{Group: rd.group, Kind: PlotCurve}
	var names []string
	var streams [][]float64
	for n := 3; n <= r.Fields(); n++ {
		f := r.Field(n)
		if values, ok := floatStream(f.Component(1).Text(), f.Component(2).Raw); ok {
			streams = append(streams, values)
			continue
		}
		if values, ok := numberList(f); ok {
			streams = append(streams, values)
			continue
		}
		if text := f.Text(); text != "" && len(streams) == 0 && f.Repeats() == 1 {
			names = append(names, text)
		}
	}
	if len(streams) == 0 {
		return
	}
	p.Name = strings.Join(names, " ")
	if len(names) > 0 && strings.EqualFold(names[0], "MATRIX") {
		p.Kind = PlotMatrix
	}
	if len(streams) > 1 && len(streams[0]) == len(streams[1]) && p.Kind == PlotCurve {
		p.X, p.Y = streams[0], streams[1]
	} else {
		p.Y = streams[len(streams)-1]
	}
	rd.out.Plots = append(rd.out.Plots, p)
}

// floatStream decodes "FLOATLE-stream/deflate:base64" and its like: the bytes of numbers, perhaps deflated, in base64.
func floatStream(form string, data []byte) ([]float64, bool) {
	form = strings.ToUpper(form)
	number, rest, ok := strings.Cut(form, "-STREAM")
	packing, isBase64 := strings.CutSuffix(rest, ":BASE64")
	if !ok || !isBase64 {
		return nil, false
	}
	raw, err := base64.StdEncoding.DecodeString(compact(string(data)))
	if err != nil {
		return nil, false
	}
	switch packing {
	case "/DEFLATE":
		raw, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(raw)), maxInflated))
	case "/ZLIB":
		raw, err = inflateZlib(raw)
	case "":
	default:
		return nil, false
	}
	if err != nil && len(raw) == 0 {
		return nil, false
	}
	return numbersIn(number, raw)
}

func inflateZlib(raw []byte) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxInflated))
}

// numbersIn reads numbers of a fixed size.
func numbersIn(number string, raw []byte) ([]float64, bool) {
	size := map[string]int{"FLOATLE": 4, "FLOATBE": 4, "UINT8": 1, "BYTE": 1, "UINT16LE": 2, "INT16LE": 2}[number]
	if size == 0 || len(raw) < size {
		return nil, false
	}
	out := make([]float64, 0, len(raw)/size)
	for ; len(raw) >= size; raw = raw[size:] {
		var v float64
		switch number {
		case "FLOATLE":
			v = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		case "FLOATBE":
			v = float64(math.Float32frombits(binary.BigEndian.Uint32(raw)))
		case "UINT16LE":
			v = float64(binary.LittleEndian.Uint16(raw))
		case "INT16LE":
			v = float64(int16(binary.LittleEndian.Uint16(raw)))
		default:
			v = float64(raw[0])
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// numberList reads a field whose repeats are all numbers.
func numberList(f astm.Field) ([]float64, bool) {
	if f.Repeats() < minCurve {
		return nil, false
	}
	var out []float64
	for one := range f.EachRepeat() {
		v, err := strconv.ParseFloat(one.Text(), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// maxChannels is the longest run of bytes that is drawn as a histogram of one byte a channel, as the Mindray BC family
// sends it.
const maxChannels = 1024

// plotOf turns an ED value into what can be drawn.
func plotOf(o *Observation) Plot {
	a := o.Attachment
	p := Plot{Group: o.Group, Name: o.TestName, Data: a.Data, Kind: PlotFile, MIME: "application/octet-stream"}
	if p.Name == "" {
		p.Name = o.TestCode
	}
	switch kind := imageType(a.Data, a.Subtype); {
	case kind != "":
		p.Kind, p.MIME = PlotImage, kind
	case strings.Contains(strings.ToLower(p.Name), "histogram") && len(a.Data) >= minCurve && len(a.Data) <= maxChannels:
		p.Kind, p.MIME, p.Data = PlotCurve, "", nil
		for _, b := range a.Data {
			p.Y = append(p.Y, float64(b))
		}
	}
	return p
}

// imageType knows a picture by its first bytes. Whatever a sender calls
// its bytes, nothing else is ever offered to a browser as a picture.
func imageType(data []byte, subtype string) string {
	switch {
	case bytes.HasPrefix(data, []byte("BM")) && strings.EqualFold(subtype, "BMP"):
		return "image/bmp"
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(data, []byte("GIF8")):
		return "image/gif"
	}
	return ""
}
