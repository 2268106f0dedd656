package ingest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/sync/engine"
)

// A document is a JSON object by column: ids as UUID text, bytes as base64, numbers as they are, nothing for NULL. A
// field that this hub does not know yet stands as "#number", its bytes wrapped, so that a later hub can read it.

// encodeRecord gives the row of a record.
func encodeRecord(s *engine.Schema, r *engine.Record) (postgres.Record, error) {
	doc, err := encodeDoc(s, r.Entity, r.Doc)
	if err != nil {
		return postgres.Record{}, fmt.Errorf("record %s: %w", r.ID, err)
	}
	groups, err := encodeGroups(r.Groups, r.Changed)
	if err != nil {
		return postgres.Record{}, fmt.Errorf("record %s: %w", r.ID, err)
	}
	locked := make([]int32, len(r.Locked))
	for i, g := range r.Locked {
		locked[i] = int32(g)
	}
	return postgres.Record{
		RecordKey: postgres.RecordKey{Entity: r.Entity, ID: r.ID}, Home: r.Home, RV: r.RV, Pos: r.Pos, CreatedBy: r.CreatedBy,
		Subject: r.Subject, Groups: groups, Doc: doc, Locked: locked, Deleted: r.Deleted,
	}, nil
}

// decodeRecord reads what encodeRecord wrote.
func decodeRecord(s *engine.Schema, row *postgres.Record) (*engine.Record, error) {
	r := &engine.Record{
		Key: engine.Key{Entity: row.Entity, ID: row.ID}, Home: row.Home, CreatedBy: row.CreatedBy, Subject: row.Subject,
		RV: row.RV, Pos: row.Pos, Deleted: row.Deleted,
	}
	for _, g := range row.Locked {
		r.Locked = append(r.Locked, int(g))
	}
	var err error
	if r.Doc, err = decodeDoc(s, row.Entity, row.Doc); err != nil {
		return nil, fmt.Errorf("record %s: %w", row.ID, err)
	}
	if r.Groups, r.Changed, err = decodeGroups(row.Groups); err != nil {
		return nil, fmt.Errorf("record %s: %w", row.ID, err)
	}
	return r, nil
}

func encodeDoc(s *engine.Schema, entity int, doc map[int]any) ([]byte, error) {
	ids := make([]int, 0, len(doc))
	for id := range doc {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := append(make([]byte, 0, 32*len(ids)+2), '{')
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		f, known := s.Field(entity, id)
		name := f.Column
		if !known {
			name = "#" + strconv.Itoa(id)
		}
		out = append(strconv.AppendQuote(out, name), ':')
		var err error
		if out, err = appendValue(out, f, known, doc[id]); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

type wrapped struct {
	Bytes []byte `json:"bytes"`
}

func appendValue(out []byte, f journal.Field, known bool, v any) ([]byte, error) {
	switch v := v.(type) {
	case int64:
		return strconv.AppendInt(out, v, 10), nil
	case []byte:
		if known && f.Type == journal.TypeID {
			if id, err := lab.IDFromBytes(v); err == nil {
				return append(append(append(out, '"'), id.String()...), '"'), nil
			}
		}
		if known {
			return append(base64.StdEncoding.AppendEncode(append(out, '"'), v), '"'), nil
		}
		return appendJSON(out, wrapped{v})
	}
	return appendJSON(out, v)
}

func appendJSON(out []byte, v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode document: %w", err)
	}
	return append(out, b...), nil
}

func decodeDoc(s *engine.Schema, entity int, b []byte) (map[int]any, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fmt.Errorf("decode document: %w", err)
	}
	out := make(map[int]any, len(raw))
	for name, v := range raw {
		id := s.FieldID(entity, name)
		if number, ok := strings.CutPrefix(name, "#"); ok {
			id, _ = strconv.Atoi(number)
		}
		if id == 0 {
			continue
		}
		f, known := s.Field(entity, id)
		value, err := decodeJSON(f, known, v)
		if err != nil {
			return nil, fmt.Errorf("decode document: %s: %w", name, err)
		}
		out[id] = value
	}
	return out, nil
}

func decodeJSON(f journal.Field, known bool, v json.RawMessage) (any, error) {
	switch {
	case string(v) == "null":
		return nil, nil //nolint:nilnil // nil is the value NULL here
	case v[0] == '{':
		var w wrapped
		err := json.Unmarshal(v, &w)
		return w.Bytes, err
	case v[0] == '"':
		var text string
		if err := json.Unmarshal(v, &text); err != nil {
			return nil, err
		}
		return decodeText(f, known, text)
	case known && f.Type == journal.TypeReal || strings.ContainsAny(string(v), ".eE"):
		return strconv.ParseFloat(string(v), 64)
	}
	return strconv.ParseInt(string(v), 10, 64)
}

func decodeText(f journal.Field, known bool, text string) (any, error) {
	switch {
	case known && f.Type == journal.TypeID:
		id, err := lab.ParseID(text)
		return id.Bytes(), err
	case known && f.Type == journal.TypeBlob:
		return base64.StdEncoding.DecodeString(text)
	}
	return text, nil
}

// groupsJSON holds each distinct stamp once: most groups of a record were written together.
type groupsJSON struct {
	Groups map[string]int `json:"g"`
	Stamps []stampJSON    `json:"s"`
	Fields map[int]int64  `json:"c,omitempty"` // field → version that changed it
}

type stampJSON struct {
	RV      int64  `json:"rv"`
	Pos     int64  `json:"p"`
	Device  string `json:"d,omitempty"` // empty: the hub itself
	Epoch   int64  `json:"e"`
	Seq     int64  `json:"q"`
	Actor   string `json:"a"`
	WallMS  int64  `json:"w"`
	ZoneMin int    `json:"z"`
	HLC     uint64 `json:"h"`
	Suspect bool   `json:"x,omitempty"`
	Refused int64  `json:"f,omitempty"`
}

func encodeGroups(groups map[int]engine.Group, changed map[int]int64) ([]byte, error) {
	out := groupsJSON{Fields: changed, Groups: make(map[string]int, len(groups))}
	index := map[engine.Group]int{}
	ids := make([]int, 0, len(groups))
	for id := range groups {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		g := groups[id]
		at, ok := index[g]
		if !ok {
			at = len(out.Stamps)
			index[g] = at
			device := ""
			if !g.Device.IsZero() {
				device = g.Device.String()
			}
			out.Stamps = append(out.Stamps, stampJSON{g.RV, g.Pos, device, g.Epoch, g.Seq, g.Actor, g.WallMS, g.ZoneMin, uint64(g.HLC), g.Suspect, g.Refused})
		}
		out.Groups[strconv.Itoa(id)] = at
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode groups: %w", err)
	}
	return b, nil
}

func decodeGroups(b []byte) (map[int]engine.Group, map[int]int64, error) {
	var in groupsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, nil, fmt.Errorf("decode groups: %w", err)
	}
	out := make(map[int]engine.Group, len(in.Groups))
	for name, at := range in.Groups {
		id, err := strconv.Atoi(name)
		if err != nil || at < 0 || at >= len(in.Stamps) {
			return nil, nil, fmt.Errorf("decode groups: group %q", name)
		}
		s := in.Stamps[at]
		g := engine.Group{
			RV: s.RV, Pos: s.Pos, Epoch: s.Epoch, Seq: s.Seq, Actor: s.Actor, WallMS: s.WallMS, ZoneMin: s.ZoneMin,
			HLC: journal.HLC(s.HLC), Suspect: s.Suspect, Refused: s.Refused,
		}
		if s.Device != "" {
			if g.Device, err = lab.ParseID(s.Device); err != nil {
				return nil, nil, fmt.Errorf("decode groups: %w", err)
			}
		}
		out[id] = g
	}
	return out, in.Fields, nil
}

// valueJSON is one side of a conflict as it is stored.
type valueJSON struct {
	Device  string          `json:"device,omitempty"`
	Epoch   int64           `json:"epoch"`
	Seq     int64           `json:"seq"`
	Actor   string          `json:"actor"`
	WallMS  int64           `json:"wall_ms"`
	ZoneMin int             `json:"zone_min"`
	HLC     uint64          `json:"hlc"`
	Deleted bool            `json:"deleted,omitempty"`
	Fields  json.RawMessage `json:"fields"`
}

func encodeValue(s *engine.Schema, entity int, v *engine.Value) valueJSON {
	fields, err := encodeDoc(s, entity, v.Fields)
	if err != nil {
		fields = []byte("{}") // a value that JSON cannot hold was refused by the engine before
	}
	out := valueJSON{
		Epoch: v.Epoch, Seq: v.Seq, Actor: v.Actor, WallMS: v.WallMS, ZoneMin: v.ZoneMin, HLC: uint64(v.HLC), Deleted: v.Deleted, Fields: fields,
	}
	if !v.Device.IsZero() {
		out.Device = v.Device.String()
	}
	return out
}

func decodeValue(s *engine.Schema, entity int, v *valueJSON) (engine.Value, error) {
	fields := map[int]any{}
	var err error
	if len(v.Fields) > 0 {
		if fields, err = decodeDoc(s, entity, v.Fields); err != nil {
			return engine.Value{}, err
		}
	}
	out := engine.Value{
		Epoch: v.Epoch, Seq: v.Seq, Actor: v.Actor, WallMS: v.WallMS, ZoneMin: v.ZoneMin, HLC: journal.HLC(v.HLC), Deleted: v.Deleted, Fields: fields,
	}
	if v.Device != "" {
		out.Device, err = lab.ParseID(v.Device)
	}
	return out, err
}
