package edge

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"jaanch/internal/edge/folder"
	"jaanch/internal/edge/setup"
	"jaanch/internal/httpkit"
	"jaanch/internal/lab/identifier"
)

// nodeCode makes the code of a node that stands alone, from its device id. If it is taken when the node joins a hub, the
// hub gives another.
func (n *Node) nodeCode() identifier.Node {
	id := n.DB.Device()
	alphabet := identifier.Alphabet
	return identifier.Node([]byte{alphabet[int(id[14])%len(alphabet)], alphabet[int(id[15])%len(alphabet)]})
}

// network says how the lab's other PCs reach this node.
func (n *Node) network(context.Context) (setup.Network, error) {
	out := setup.Network{
		URLs: []string{}, Fingerprint: n.authority.Fingerprint(), CA: string(n.authority.PEM()), HL7: n.config.HL7, ASTM: n.config.ASTM, DataDir: n.config.Data,
	}
	if port := portOf(n.config.ListenTLS); port > 0 {
		for _, host := range httpkit.LocalHosts() {
			if ip := net.ParseIP(host); ip == nil || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
				continue
			}
			out.URLs = append(out.URLs, "https://"+net.JoinHostPort(host, strconv.Itoa(port)))
		}
	}
	if cert, err := n.certs.Get(nil); err == nil && cert.Leaf != nil {
		out.CertUntil = cert.Leaf.NotAfter.UTC()
	}
	err := filepath.WalkDir(n.config.Data, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil //nolint:nilerr // a file that went away in between is not counted
		}
		if info, err := entry.Info(); err == nil {
			out.DataBytes += info.Size()
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("measure the data folder: %w", err)
	}
	if out.DiskFree, err = folder.Free(n.config.Data); err != nil {
		out.DiskFree = 0 // the screen then shows none
	}
	return out, nil
}
