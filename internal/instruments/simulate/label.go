package simulate

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/instruments/link"
)

// TubeIDs reads the tube ids from printed labels: the field data of every bar code in ZPL, each once for every copy that
// the label asks for. Text that stands on a label without a bar code is for people and tells an analyzer nothing.
func TubeIDs(zpl []byte) []string {
	var out, label []string
	barcode := false
	copies := 1
	for command := range bytes.SplitSeq(zpl, []byte{'^'}) {
		name, data := command, []byte(nil)
		if len(command) > 2 {
			name, data = command[:2], command[2:]
		}
		switch strings.ToUpper(string(name)) {
		case "XA":
			label, copies, barcode = nil, 1, false
		case "BC", "BX", "BQ":
			barcode = true
		case "FD":
			if barcode {
				label = append(label, barcodeText(string(data)))
			}
			barcode = false
		case "FS":
			barcode = false
		case "PQ":
			n, _, _ := strings.Cut(strings.TrimSpace(string(data)), ",")
			if v, err := strconv.Atoi(n); err == nil && v > 0 {
				copies = min(v, 20)
			}
		case "XZ":
			for range copies {
				out = append(out, label...)
			}
			label = nil
		}
	}
	return out
}

// barcodeText takes the start codes of Code 128 (">:", ">;", ">9") out of field data.
func barcodeText(s string) string {
	for len(s) > 1 && s[0] == '>' {
		s = s[2:]
	}
	return strings.TrimSpace(s)
}

// printer plays a label printer: it takes raw ZPL over TCP and gives the ids of the tubes that it prints.
func printer(ctx context.Context, ln net.Listener, tubes chan<- string) error {
	return link.Serve(ctx, ln, func(ctx context.Context, p link.Port) {
		stop := context.AfterFunc(ctx, func() { _ = p.Close() })
		defer stop()
		var job []byte
		buf := make([]byte, 4096)
		for {
			n, err := p.Read(buf)
			job = append(job, buf[:n]...)
			if i := bytes.LastIndex(job, []byte("^XZ")); i >= 0 {
				for _, id := range TubeIDs(job[:i+3]) {
					select {
					case tubes <- id:
					case <-ctx.Done():
						return
					}
				}
				job = append([]byte(nil), job[i+3:]...)
			}
			if err != nil || len(job) > maxJob {
				return
			}
		}
	})
}

// maxJob bounds what one label may be, in bytes.
const maxJob = 1 << 20

// answerLimit is how long an analyzer waits for the orders of a tube.
const answerLimit = 30 * time.Second
