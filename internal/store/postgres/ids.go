package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"jaanch/internal/lab"
)

// registerIDs lets the connection read and write lab.ID as uuid. The zero ID is written as NULL and NULL read as zero,
// as lab.ID defines it.
func registerIDs(m *pgtype.Map) {
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapEncode}, m.TryWrapEncodePlanFuncs...)
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{wrapScan}, m.TryWrapScanPlanFuncs...)
}

// idValue is lab.ID with the methods that pgx asks for; lab itself knows no database.
type idValue lab.ID //nolint:recvcheck // pgx asks the value to write and the pointer to read

// ScanUUID implements pgtype.UUIDScanner.
func (v *idValue) ScanUUID(u pgtype.UUID) error {
	*v = idValue(u.Bytes)
	if !u.Valid {
		*v = idValue{}
	}
	return nil
}

// UUIDValue implements pgtype.UUIDValuer.
func (v idValue) UUIDValue() (pgtype.UUID, error) {
	return pgtype.UUID{Bytes: v, Valid: v != idValue{}}, nil
}

type encodePlan struct{ next pgtype.EncodePlan }

func (p *encodePlan) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *encodePlan) Encode(value any, buf []byte) ([]byte, error) {
	id, ok := value.(lab.ID)
	if !ok {
		return nil, fmt.Errorf("postgres: %T is not an id", value)
	}
	return p.next.Encode(idValue(id), buf)
}

type scanPlan struct{ next pgtype.ScanPlan }

func (p *scanPlan) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *scanPlan) Scan(src []byte, dst any) error {
	id, ok := dst.(*lab.ID)
	if !ok {
		return fmt.Errorf("postgres: %T is not an id", dst)
	}
	return p.next.Scan(src, (*idValue)(id))
}

func wrapEncode(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	if id, ok := value.(lab.ID); ok {
		return &encodePlan{}, idValue(id), true
	}
	return nil, nil, false
}

func wrapScan(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	if id, ok := target.(*lab.ID); ok {
		return &scanPlan{}, (*idValue)(id), true
	}
	return nil, nil, false
}
