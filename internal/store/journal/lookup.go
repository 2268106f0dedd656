package journal

import "fmt"

// Entity gives the entity of that name.
func (r Registry) Entity(name string) (Entity, bool) {
	for _, e := range r.Entities {
		if e.Name == name {
			return e, true
		}
	}
	return Entity{}, false
}

// EntityByID gives the entity of that number.
func (r Registry) EntityByID(id int) (Entity, bool) {
	for _, e := range r.Entities {
		if e.ID == id {
			return e, true
		}
	}
	return Entity{}, false
}

// Field gives the field of that number.
func (e Entity) Field(id int) (Field, bool) {
	for _, f := range e.Fields {
		if f.ID == id {
			return f, true
		}
	}
	return Field{}, false
}

// Column gives the field that the column holds.
func (e Entity) Column(name string) (Field, bool) {
	for _, f := range e.Fields {
		if f.Column == name {
			return f, true
		}
	}
	return Field{}, false
}

// Group gives the group of that number.
func (e Entity) Group(id int) (Group, bool) {
	for _, g := range e.Groups {
		if g.ID == id {
			return g, true
		}
	}
	return Group{}, false
}

// Personal tells whether the entity has fields that stand in PHI.
func (e Entity) Personal() bool {
	for _, f := range e.Fields {
		if f.Personal {
			return true
		}
	}
	return false
}

// Check finds what no registry may hold: numbers or names used twice, a field without its group, personal fields
// without a subject, columns that begin with "_".
func (r Registry) Check() error {
	ids, names, tables := map[int]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range r.Entities {
		if e.ID <= 0 || ids[e.ID] || names[e.Name] || tables[e.Table] || e.Name == "" || e.Table == "" {
			return fmt.Errorf("registry: entity %q: number, name or table is missing or used twice", e.Name)
		}
		ids[e.ID], names[e.Name], tables[e.Table] = true, true, true
		if err := e.check(); err != nil {
			return err
		}
	}
	return nil
}

// named tells whether the column may be a field: the id and what begins with "_" are not.
func (f Field) named() bool { return f.Column != "" && f.Column != "id" && f.Column[0] != '_' }

func (e Entity) check() error {
	groups, fields, columns := map[int]bool{}, map[int]bool{}, map[string]bool{}
	for _, g := range e.Groups {
		if g.ID <= 0 || groups[g.ID] {
			return fmt.Errorf("registry: %s: group %q: number is missing or used twice", e.Name, g.Name)
		}
		groups[g.ID] = true
	}
	for _, f := range e.Fields {
		switch {
		case f.ID <= 0 || fields[f.ID] || columns[f.Column]:
			return fmt.Errorf("registry: %s.%s: number or column is missing or used twice", e.Name, f.Column)
		case !f.named():
			return fmt.Errorf("registry: %s.%s: this column cannot be a field", e.Name, f.Column)
		case !groups[f.Group]:
			return fmt.Errorf("registry: %s.%s: group %d does not exist", e.Name, f.Column, f.Group)
		}
		fields[f.ID], columns[f.Column] = true, true
	}
	if e.Personal() && e.Subject == "" {
		return fmt.Errorf("registry: %s: personal fields without a subject", e.Name)
	}
	if e.Subject != "" && e.Subject != "id" && !columns[e.Subject] {
		return fmt.Errorf("registry: %s: subject column %q is no field", e.Name, e.Subject)
	}
	return nil
}
