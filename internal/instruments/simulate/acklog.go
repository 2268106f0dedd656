package simulate

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// AckRecord is one line of the ACK log: a message that the host acknowledged as a whole, or an order of the host that the
// analyzer acknowledged.
type AckRecord struct {
	ID       string `json:"id"` // control id, or name and number of a captured message
	SampleID string `json:"sample_id"`
	Target   string `json:"target"`
	Results  int    `json:"results"` // how many result rows it held
	Sends    int    `json:"sends"`   // how often it was sent until then

	Ordered   []string `json:"ordered,omitempty"`   // of an order that the host sent: its tests
	Cancelled bool     `json:"cancelled,omitempty"` // it took them back
}

// ackLog is the list of acknowledged messages, durable line by line: it is the witness against a node that was killed.
type ackLog struct {
	mu   sync.Mutex
	file *os.File // nil keeps no list
}

func openAckLog(path string) (*ackLog, error) {
	if path == "" {
		return &ackLog{}, nil
	}
	f, err := os.OpenFile(path, //nolint:gosec // the operator names the file
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the list of acknowledged messages: %w", err)
	}
	return &ackLog{file: f}, nil
}

func (l *ackLog) add(r AckRecord) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := l.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write the list of acknowledged messages: %w", err)
	}
	return l.file.Sync()
}

func (l *ackLog) close() {
	if l.file != nil {
		_ = l.file.Close()
	}
}
