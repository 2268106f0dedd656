package api

import (
	"context"
	"net/http"
	"strconv"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/dialect"
	"jaanch/internal/edge/line"
	"jaanch/internal/lab/access"
)

// watching mounts what makes the analyzers' lines visible and connects an unknown analyzer.
func (r *routes) watching() {
	see := May(access.ResultSee, access.InstrumentSetup)
	set := May(access.InstrumentSetup)
	mount(r, Route{
		Method: http.MethodGet, Path: "/lines", ID: "lines", Tag: "lines", Rule: see,
		Summary: "Connections of this moment, and those that ended lately",
	}, get(r.s.Lines.Lines))
	mount(r, Route{
		Method: http.MethodGet, Path: "/lines/{id}/tape", ID: "tape", Tag: "lines", Rule: see,
		Summary: "What passes on one connection", Doc: "Names are masked. The live feed names the connection as entity line whenever something passed.",
	}, getByID(r.s.Lines.Tape))
	mount(r, Route{
		Method: http.MethodGet, Path: "/lines/figures", ID: "lineFigures", Tag: "lines", Rule: see,
		Summary: "Messages and faults of today by analyzer",
	}, get(r.s.Lines.Figures))
	mount(r, Route{
		Method: http.MethodPost, Path: "/archive/search", ID: "searchArchive", Tag: "lines", Rule: see,
		Summary: "Search the archive of messages", Doc: "By time, analyzer, kind and sample id. It is a POST so that no sample id stands in an address.",
	}, ask(r.s.Lines.Search))
	mount(r, Route{
		Method: http.MethodPost, Path: "/messages/{id}/unlock", ID: "unlockMessage", Tag: "lines", Rule: May(access.InboxDecide, access.InstrumentSetup),
		Summary: "One message with its names", Doc: "The opening is written into the access log before anything is shown.",
	}, r.unlockMessage)
	mount(r, Route{
		Method: http.MethodGet, Path: "/messages/{id}/replay", ID: "replayMessage", Tag: "lines", Rule: see,
		Summary: "Read a stored session again by today's code, beside what was stored",
	}, r.replayMessage)
	mount(r, Route{
		Method: http.MethodGet, Path: "/messages/{id}/support.zip", ID: "supportRecording", Tag: "lines", Rule: set,
		Summary: "The session without anything about a patient, for whoever helps", Doc: "The taking is written into the access log.",
	}, r.supportRecording)
	mount(r, Route{
		Method: http.MethodGet, Path: "/serial-ports", ID: "serialPorts", Tag: "lines", Rule: set,
		Summary: "Serial ports of the node's machine",
	}, get(r.s.Finder.Ports))
	mount(r, Route{
		Method: http.MethodGet, Path: "/serial-ports/search", ID: "portSearch", Tag: "lines", Rule: set,
		Summary: "The search for an analyzer on a serial port",
	}, get(r.s.Finder.State))
	mount(r, Route{
		Method: http.MethodPost, Path: "/serial-ports/search", ID: "startPortSearch", Tag: "lines", Rule: set,
		Summary: "Find speed, parity and protocol of a serial port", Doc: "Nothing that the analyzer sends meanwhile is acknowledged, so nothing is lost. The port stays open with the settings that fit.",
	}, post(r.s.Finder.Start))
	mount(r, Route{
		Method: http.MethodPost, Path: "/serial-ports/search/stop", ID: "stopPortSearch", Tag: "lines", Rule: set,
		Summary: "End the search",
	}, get(r.s.Finder.Stop))
	mount(r, Route{
		Method: http.MethodPost, Path: "/senders/look", ID: "lookAtSender", Tag: "lines", Rule: set,
		Summary: "What an unknown sender is: profile, first message read, codes with suggestions",
	}, ask(r.s.Lines.Look))
	mount(r, Route{
		Method: http.MethodPost, Path: "/instruments/connect", ID: "connectInstrument", Tag: "lines", Rule: set,
		Summary: "Set an analyzer up in one step: sender, profile, codes",
	}, once(r.s.Bench.Connect))
}

func (r *routes) unlockMessage(ctx context.Context, in *byNumber) (*out[bench.Message], error) {
	return answer(r.s.Lines.Unlock(ctx, actorOf(ctx), in.ID))
}

func (r *routes) replayMessage(ctx context.Context, in *byNumber) (*out[line.Replay], error) {
	return answer(r.s.Lines.Replay(ctx, in.ID))
}

// download is a file of ours that is kept, never shown in place.
type download struct {
	ContentType string `header:"Content-Type" doc:"application/zip"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (r *routes) supportRecording(ctx context.Context, in *byNumber) (*download, error) {
	rec, err := r.s.Lines.Support(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &download{ContentType: "application/zip", Disposition: "attachment; filename=" + strconv.Quote(rec.Name), Body: rec.Zip}, nil
}

// dialects mounts the lab's own profiles.
func (r *routes) dialects() {
	set := May(access.InstrumentSetup)
	mount(r, Route{
		Method: http.MethodGet, Path: "/dialects", ID: "dialects", Tag: "profiles", Rule: May(access.ResultSee, access.InstrumentSetup),
		Summary: "All profiles, the lab's own first",
	}, get(r.s.Dialects.All))
	mount(r, Route{
		Method: http.MethodGet, Path: "/dialects/{id}", ID: "dialect", Tag: "profiles", Rule: set,
		Summary: "One profile as it is written, with its versions",
	}, r.dialect)
	mount(r, Route{
		Method: http.MethodPost, Path: "/dialects/check", ID: "checkDialect", Tag: "profiles", Rule: set,
		Summary: "Faults of a draft, each with its line and key",
	}, ask(r.s.Dialects.Check))
	mount(r, Route{
		Method: http.MethodPost, Path: "/dialects/try", ID: "tryDialect", Tag: "profiles", Rule: set,
		Summary: "What a draft reads from a message, before it is in force",
	}, ask(r.s.Dialects.Try))
	mount(r, Route{
		Method: http.MethodPut, Path: "/dialects", ID: "saveDialect", Tag: "profiles", Rule: set,
		Summary: "Put a new version in force", Doc: "Every version is kept. An empty text withdraws a profile that no analyzer uses.",
	}, post(r.s.Dialects.Save))
}

// byProfile names a profile in an address.
type byProfile struct {
	ID string `path:"id" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$"`
}

func (r *routes) dialect(ctx context.Context, in *byProfile) (*out[dialect.ProfileText], error) {
	return answer(r.s.Dialects.Read(ctx, in.ID))
}
