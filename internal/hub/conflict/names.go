package conflict

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// hubMark stands for the hub itself; the screens name it in the reader's language.
const hubMark = "@hub"

// namer says what people call things.
type namer struct {
	people map[lab.ID]string // users of the labs and of the hub
	nodes  map[lab.ID]string
}

// namer reads the names of all nodes and of those people who stand in the conflicts.
func (d *Desk) namer(ctx context.Context, org lab.ID, rows []queries.ConflictCasesRow) (*namer, error) {
	n := &namer{people: map[lab.ID]string{}, nodes: map[lab.ID]string{}}
	nodes, err := d.Fleet.Nodes(ctx, org)
	if err != nil {
		return nil, err
	}
	for _, x := range nodes {
		n.nodes[x.ID] = x.LabName + " · " + x.Code
	}
	own, err := d.statement().Users(ctx, d.DB.Pool(), org)
	if err != nil {
		return nil, fmt.Errorf("names: %w", err)
	}
	for _, u := range own {
		n.people[u.ID] = u.Name
	}
	if len(rows) == 0 {
		return n, nil
	}
	return n, d.addPeople(ctx, org, n, rows)
}

// addPeople reads the labs' users. There are few of them in an organisation, and a history may name any.
func (d *Desk) addPeople(ctx context.Context, org lab.ID, n *namer, rows []queries.ConflictCasesRow) error {
	users, err := d.statement().OrgRecords(ctx, d.DB.Pool(), queries.OrgRecordsParams{Org: org, Entity: int32(d.Schema.EntityID("user")), Most: 5000})
	if err != nil {
		return fmt.Errorf("names of conflict %s: %w", rows[0].ID, err)
	}
	for _, u := range users {
		var doc struct {
			Name  string `json:"name"`
			Login string `json:"login"`
		}
		if err := json.Unmarshal(u.Doc, &doc); err != nil {
			return fmt.Errorf("names: %w", err)
		}
		if doc.Name == "" {
			doc.Name = doc.Login
		}
		n.people[u.ID] = doc.Name
	}
	return nil
}

func (n *namer) actor(actor string) string {
	kind, text, found := strings.Cut(actor, ":")
	if !found {
		if kind == "hub" {
			return hubMark
		}
		return kind
	}
	id, err := lab.ParseID(text)
	if err != nil {
		return ""
	}
	if name := n.people[id]; name != "" {
		return name
	}
	if kind == "hub" {
		return hubMark
	}
	return ""
}

func (n *namer) place(device lab.ID) string {
	if name, ok := n.nodes[device]; ok {
		return name
	}
	return hubMark
}
