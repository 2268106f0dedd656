package journal

// Registry is the schema of everything that is synced, as a value: store/sqlite builds its statements from it, sync its
// conflict groups, and a test holds it against the migrations. Numbers are never reused.
type Registry struct {
	Schema   int // of this binary; grows by one with every released change
	Entities []Entity
}

// Entity is one synced kind of record and the table that holds it.
type Entity struct {
	ID      int
	Name    string // the noun, also in API and live feed: "patient"
	Table   string
	Scope   Scope
	Subject string // column that names whose personal fields the record holds ("id" for a patient itself); empty without any
	Groups  []Group
	Fields  []Field
}

// Scope tells at which level a record is at home.
type Scope string

// The scopes.
const (
	ScopeLab Scope = "lab" // one lab's own work
	ScopeOrg Scope = "org" // shared by all labs of the organisation: catalogue, users, policies
)

// Group is the unit of conflict: its fields are decided together.
type Group struct {
	ID       int
	Name     string // "clinical"
	Strategy string // LastWriteWins, ServerWins, ClientWins, ManualResolution, Merged; sync/policy maps the name to its function
	Merge    string // name of the merge function where Strategy is Merged
}

// Field is the unit of transfer.
type Field struct {
	ID       int
	Column   string
	Type     FieldType
	Group    int
	Personal bool // stands in PHI, apart from the other fields
	Since    int  // schema number that brought it
}

// FieldType is how a field is stored and carried.
type FieldType string

// The field types.
const (
	TypeText FieldType = "text"
	TypeInt  FieldType = "int"  // also times (ms UTC), money (paise) and booleans (0, 1)
	TypeBlob FieldType = "blob" // hashes and signatures
	TypeID   FieldType = "id"   // 16 bytes
	TypeJSON FieldType = "json" // canonical JSON text
	TypeReal FieldType = "real" // for plots and indexes only
)
