package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"jaanch/internal/hub"
	"jaanch/internal/lab"
)

func (p *program) tenant() *cobra.Command {
	cmd := &cobra.Command{
		Use: "tenant", Short: "Organisations and their labs",
		Long: `An organisation owns labs; a lab has one or more nodes. What belongs to one organisation is never
seen by another.`,
	}
	city := ""
	org := ""
	addLab := &cobra.Command{
		Use: "add-lab NAME", Short: "Add a lab and print its id", Args: cobra.ExactArgs(1),
		Long: `Adds a lab to an organisation and prints the lab's id alone, for scripts. --org may be left out
when there is only one organisation.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				id, err := orgOf(cmd.Context(), h, org)
				if err != nil {
					return err
				}
				l, err := h.Fleet.AddLab(cmd.Context(), id, args[0], city)
				if err == nil {
					cmd.Println(l.ID)
				}
				return err
			})
		},
	}
	addLab.Flags().StringVar(&org, "org", "", "`id` of the organisation")
	addLab.Flags().StringVar(&city, "city", "", "where the lab is")
	cmd.AddCommand(p.addOrg(), addLab, p.listTenants())
	return cmd
}

func (p *program) addOrg() *cobra.Command {
	return &cobra.Command{
		Use: "add-org NAME", Short: "Add an organisation and print its id", Args: cobra.ExactArgs(1),
		Long: "Adds an organisation and prints its id alone, for scripts.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				o, err := h.Fleet.AddOrg(cmd.Context(), args[0])
				if err == nil {
					cmd.Println(o.ID)
				}
				return err
			})
		},
	}
}

func (p *program) listTenants() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List organisations, labs and nodes", Args: cobra.NoArgs,
		Long: "Lists every organisation with its labs, and the nodes of each with code and state.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
				if err := listOrgs(cmd.Context(), h, w); err != nil {
					return err
				}
				return w.Flush()
			})
		},
	}
}

func listOrgs(ctx context.Context, h *hub.Hub, w io.Writer) error {
	orgs, err := h.Fleet.Orgs(ctx)
	if err != nil {
		return err
	}
	var lines []string
	for _, o := range orgs {
		lines = append(lines, fmt.Sprintf("%s\torganisation\t%s\t", o.ID, o.Name))
		labs, err := h.Fleet.Labs(ctx, o.ID)
		if err != nil {
			return err
		}
		nodes, err := h.Fleet.Nodes(ctx, o.ID)
		if err != nil {
			return err
		}
		for _, l := range labs {
			lines = append(lines, fmt.Sprintf("%s\t  lab\t%s\t", l.ID, l.Name))
			for _, n := range nodes {
				if n.Lab == l.ID {
					lines = append(lines, fmt.Sprintf("%s\t    node %s\t%s\t%s", n.ID, n.Code, n.Name, n.State))
				}
			}
		}
	}
	_, err = io.WriteString(w, strings.Join(append(lines, ""), "\n"))
	return err
}

// orgOf reads an organisation's id, or takes the only one there is.
func orgOf(ctx context.Context, h *hub.Hub, text string) (lab.ID, error) {
	if text != "" {
		return lab.ParseID(text)
	}
	orgs, err := h.Fleet.Orgs(ctx)
	if err != nil {
		return lab.ID{}, err
	}
	if len(orgs) != 1 {
		return lab.ID{}, lab.Invalid("org_needed", "Say which organisation with --org; \"hub tenant list\" shows them.")
	}
	return orgs[0].ID, nil
}

// labOf reads a lab's id, or takes the only one there is.
func labOf(ctx context.Context, h *hub.Hub, org lab.ID, text string) (lab.ID, error) {
	if text != "" {
		return lab.ParseID(text)
	}
	labs, err := h.Fleet.Labs(ctx, org)
	if err != nil {
		return lab.ID{}, err
	}
	if len(labs) != 1 {
		return lab.ID{}, lab.Invalid("lab_needed", "Say which lab with --lab; \"hub tenant list\" shows them.")
	}
	return labs[0].ID, nil
}

func (p *program) enrollCode() *cobra.Command {
	org, labText := "", ""
	cmd := &cobra.Command{
		Use: "enroll-code", Short: "Make a code by which one node joins a lab", Args: cobra.NoArgs,
		Long: `Prints a code of 13 characters. Typed at the node (or given to "edge enroll") within 24 hours,
it joins that node to the lab, once; after five wrong tries it is void. --org and --lab may be
left out when there is only one.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				id, err := orgOf(cmd.Context(), h, org)
				if err != nil {
					return err
				}
				labID, err := labOf(cmd.Context(), h, id, labText)
				if err != nil {
					return err
				}
				code, err := h.Fleet.NewCode(cmd.Context(), id, labID, "command line")
				if err == nil {
					cmd.Println(code.Text)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&org, "org", "", "`id` of the organisation")
	cmd.Flags().StringVar(&labText, "lab", "", "`id` of the lab")
	return cmd
}
