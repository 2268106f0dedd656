package recognise

import (
	"context"
	"errors"
	"fmt"

	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
)

// Step is one try of a search: the settings, and what came with them.
type Step struct {
	Settings  link.Serial
	Bytes     int
	Family    Family
	Plausible int
}

// Search finds the settings of a serial port by listening with each of them in turn.
type Search struct {
	Profiles *profile.Set
	Device   string
	Try      []link.Serial // without Device; Settings when empty
	Rounds   int           // over all settings (1); 0 goes on until something was found or ctx ends
	Manners  Manners
	Open     func(context.Context, link.Serial) (link.Port, error) // link.Serial.Open when nil
	Tell     func(Step)                                            // after each try; may be nil
}

// Found is what a search found.
type Found struct {
	Settings link.Serial
	Heard    []byte
	Finding  Finding
}

// ErrNothing says that nothing intelligible came with any setting.
var ErrNothing = errors.New("recognise: nothing that can be made out came with any setting")

// Settings gives the settings that analyzers use, the usual ones first (instruments.md section 1). Seven data bits need
// no try of their own: their parity bit is found in bytes read as eight.
func Settings() []link.Serial {
	var out []link.Serial
	for _, baud := range []int{9600, 19200, 38400, 115200, 57600, 4800, 2400, 1200, 600, 300} {
		out = append(out, link.Serial{Baud: baud, DataBits: 8, Parity: link.NoParity, StopBits: 1})
	}
	for _, parity := range []link.Parity{link.EvenParity, link.OddParity} {
		for _, baud := range []int{9600, 19200, 4800} {
			out = append(out, link.Serial{Baud: baud, DataBits: 8, Parity: parity, StopBits: 1})
		}
	}
	return out
}

// Run searches. Bytes that look wrong move it on at once, silence after the manners' limit; so an analyzer that calls
// every few seconds is found within a few calls. ErrNothing when all rounds are over.
func (s Search) Run(ctx context.Context) (Found, error) {
	settings := s.Try
	if len(settings) == 0 {
		settings = Settings()
	}
	open := s.Open
	if open == nil {
		open = func(ctx context.Context, l link.Serial) (link.Port, error) { return l.Open(ctx) }
	}
	best := Found{Finding: Bytes(s.Profiles, nil)}
	for round := 0; s.Rounds == 0 || round < s.Rounds; round++ {
		for _, l := range settings {
			if ctx.Err() != nil {
				return best, ctx.Err()
			}
			l.Device = s.Device
			port, err := open(ctx, l)
			if err != nil {
				return best, fmt.Errorf("search %s: %w", s.Device, err)
			}
			heard, f, err := Hear(ctx, s.Profiles, port, s.Manners)
			if err != nil {
				return best, fmt.Errorf("search %s: %w", s.Device, err)
			}
			if s.Tell != nil {
				s.Tell(Step{Settings: l, Bytes: len(heard), Family: f.Family, Plausible: f.Plausible})
			}
			if f.Plausible > best.Finding.Plausible || len(heard) > 0 && len(best.Heard) == 0 {
				best = Found{Settings: withParity(l, f.Parity), Heard: heard, Finding: f}
			}
			if f.Plausible >= likely && f.Family != Noise && f.Family != Unknown {
				return s.confirm(ctx, open, Found{Settings: withParity(l, f.Parity), Heard: heard, Finding: f})
			}
		}
	}
	return best, ErrNothing
}

// confirm listens once more where the parity was found from a sender's calls alone: only an answer with the right parity
// makes it go on and name itself. A second hearing that tells less changes nothing.
func (s Search) confirm(ctx context.Context, open func(context.Context, link.Serial) (link.Port, error), found Found) (Found, error) {
	if found.Finding.Parity == "" || found.Finding.Family != ASTMCalls || !s.Manners.Answer {
		return found, nil
	}
	port, err := open(ctx, found.Settings)
	if err != nil {
		return found, fmt.Errorf("search %s: %w", s.Device, err)
	}
	heard, f, err := Hear(ctx, s.Profiles, port, s.Manners)
	if err != nil {
		return found, fmt.Errorf("search %s: %w", s.Device, err)
	}
	if f.Messages > 0 {
		f.Parity = found.Finding.Parity
		found.Heard, found.Finding = heard, f
	}
	return found, nil
}

// withParity corrects settings by the parity bit that was found in the bytes.
func withParity(l link.Serial, parity string) link.Serial {
	if parity != "" {
		l.DataBits, l.Parity = 7, link.Parity(parity)
	}
	return l
}

// Frame writes settings as people do: 9600 8N1.
func Frame(l link.Serial) string {
	letter := map[link.Parity]string{link.NoParity: "N", link.EvenParity: "E", link.OddParity: "O"}[l.Parity]
	return fmt.Sprintf("%d %d%s%d", l.Baud, l.DataBits, letter, l.StopBits)
}
