package scim

import (
	"strings"
)

// The URNs of resources. The store spells extensions the 2.0 way; Version translates.
const (
	urnUser         = "urn:ietf:params:scim:schemas:core:2.0:User"
	urnGroup        = "urn:ietf:params:scim:schemas:core:2.0:Group"
	urnEnterprise   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	urnRole         = "urn:okta:scim:schemas:core:1.0:Role"
	urnEntitlement  = "urn:okta:scim:schemas:core:1.0:Entitlement"
	urnCoreV1       = "urn:scim:schemas:core:1.0"
	urnEnterpriseV1 = "urn:scim:schemas:extension:enterprise:1.0"
)

type valueType string

const (
	typeString    valueType = "string"
	typeBoolean   valueType = "boolean"
	typeDateTime  valueType = "dateTime"
	typeReference valueType = "reference"
	typeBinary    valueType = "binary"
	typeComplex   valueType = "complex"
	typeAny       valueType = "" // inside an extension this server has no schema for: kept as it came
)

// Values of mutability and returned that differ from the RFC's defaults (readWrite, default).
const (
	readOnly  = "readOnly"
	writeOnly = "writeOnly"
	immutable = "immutable"
	always    = "always"
	never     = "never"
)

// attribute describes one attribute (RFC 7643, section 7). An extension is a complex attribute named by its URN.
type attribute struct {
	name        string
	typ         valueType
	multi       bool
	required    bool
	exact       bool   // strings compare with case
	unique      bool   // among the resources of a kind
	mutability  string // "" is readWrite
	returned    string // "" is default
	description string
	sub         []*attribute
}

// find is the sub-attribute called name, without regard to case; nil when there is none.
func (a *attribute) find(name string) *attribute {
	if a.typ == typeAny {
		return &attribute{name: name}
	}
	for _, s := range a.sub {
		if strings.EqualFold(s.name, name) {
			return s
		}
	}
	return nil
}

// kind is a resource type: what lives under one endpoint.
type kind struct {
	name        string
	endpoint    string
	urn         string
	description string
	root        *attribute   // the core schema as one complex attribute
	extensions  []*attribute // known extension schemas
	indexed     []string     // simple core attributes by which equality filters find resources without a scan
	lookup      map[string]*attribute
}

// attribute is the core attribute called name, without regard to case; nil when the kind has none.
func (k *kind) attribute(name string) *attribute {
	if a, ok := k.lookup[name]; ok {
		return a
	}
	return k.lookup[strings.ToLower(name)]
}

// extension is the schema of an extension in its canonical (2.0) URN. One this server does not know is free-form.
func (k *kind) extension(urn string) *attribute {
	for _, e := range k.extensions {
		if strings.EqualFold(e.name, urn) {
			return e
		}
	}
	return &attribute{name: urn}
}

func newKind(k kind, attributes ...*attribute) *kind {
	attributes = append(common(), attributes...)
	k.root = &attribute{name: k.urn, typ: typeComplex, sub: attributes}
	k.lookup = make(map[string]*attribute, 2*len(attributes))
	for _, a := range attributes {
		k.lookup[a.name] = a
		k.lookup[strings.ToLower(a.name)] = a
	}
	return &k
}

// newKinds builds the resource types in the order in which they are listed. exactNames is the fault that makes
// userName compare with case: it is a property of the schema, so filters, indexes and uniqueness all follow it.
func newKinds(exactNames bool) []*kind {
	user := newKind(kind{name: "User", endpoint: "Users", urn: urnUser, description: "An account",
		indexed: []string{"userName", "externalId"}}, userAttributes(exactNames)...)
	user.extensions = []*attribute{enterprise()}
	group := newKind(kind{name: "Group", endpoint: "Groups", urn: urnGroup, description: "A group of accounts",
		indexed: []string{"displayName", "externalId"}},
		text("displayName", "How people call the group").need(),
		list("members", "Who belongs to the group",
			text("value", "The member's id").fixed(), reference("$ref", "The member's address").by(readOnly),
			text("type", "User or Group").fixed(), text("display", "The member's name").by(readOnly)))
	role := newKind(kind{name: "Role", endpoint: "Roles", urn: urnRole, description: "A role an account may have",
		indexed: []string{"displayName"}},
		text("displayName", "How people call the role").need(), text("type", "The sort of role"), text("description", "What it allows"))
	entitlement := newKind(kind{name: "Entitlement", endpoint: "Entitlements", urn: urnEntitlement,
		description: "Something an account may be granted", indexed: []string{"displayName"}},
		text("displayName", "How people call the entitlement").need(),
		text("type", "The sort of entitlement").need(), text("description", "What it grants"))
	return []*kind{user, group, role, entitlement}
}

// common is what every resource has (RFC 7643, section 3.1).
func common() []*attribute {
	return []*attribute{
		{name: "schemas", typ: typeReference, multi: true, exact: true, mutability: readOnly, returned: always, description: "Which schemas the resource follows"},
		{name: "id", typ: typeString, exact: true, unique: true, mutability: readOnly, returned: always, description: "The server's identifier"},
		{name: "externalId", typ: typeString, exact: true, description: "The client's identifier"},
		{name: "meta", typ: typeComplex, mutability: readOnly, description: "About the resource", sub: []*attribute{
			text("resourceType", "The resource type").by(readOnly).withCase(),
			{name: "created", typ: typeDateTime, mutability: readOnly, description: "When it was created"},
			{name: "lastModified", typ: typeDateTime, mutability: readOnly, description: "When it was last changed"},
			reference("location", "Its address").by(readOnly),
			text("version", "Its entity tag").by(readOnly).withCase(),
		}},
	}
}

func userAttributes(exactNames bool) []*attribute {
	return []*attribute{
		{name: "userName", typ: typeString, required: true, unique: true, exact: exactNames, description: "What the person signs in with"},
		complexOf("name", "The parts of the person's name",
			text("formatted", "The whole name"), text("familyName", "Family name"), text("givenName", "Given name"),
			text("middleName", "Middle name"), text("honorificPrefix", "Title before"), text("honorificSuffix", "Title after")),
		text("displayName", "The name to show"),
		text("nickName", "The casual name"),
		reference("profileUrl", "A page about the person"),
		text("title", "Job title"),
		text("userType", "Relation to the organisation"),
		text("preferredLanguage", "Language"),
		text("locale", "Locale"),
		text("timezone", "Time zone"),
		{name: "active", typ: typeBoolean, description: "Whether the person may sign in"},
		{name: "password", typ: typeString, mutability: writeOnly, returned: never, description: "Accepted, and neither kept nor returned"},
		plural("emails", "E-mail addresses", typeString),
		plural("phoneNumbers", "Telephone numbers", typeString),
		plural("ims", "Instant messaging addresses", typeString),
		plural("photos", "Pictures", typeReference),
		list("addresses", "Postal addresses", text("formatted", "The whole address"), text("streetAddress", "Street"),
			text("locality", "Town"), text("region", "Region"), text("postalCode", "Postal code"), text("country", "Country"),
			text("type", "The sort of address"), boolean("primary", "The one to prefer")),
		list("groups", "The groups the person belongs to", text("value", "The group's id").by(readOnly),
			reference("$ref", "The group's address").by(readOnly), text("display", "The group's name").by(readOnly),
			text("type", "direct").by(readOnly)).by(readOnly),
		plural("entitlements", "What the person was granted", typeString),
		plural("roles", "The person's roles", typeString),
		plural("x509Certificates", "Certificates", typeBinary),
	}
}

func enterprise() *attribute {
	return complexOf(urnEnterprise, "What organisations add to an account",
		text("employeeNumber", "Employee number"), text("costCenter", "Cost centre"), text("organization", "Organisation"),
		text("division", "Division"), text("department", "Department"),
		complexOf("manager", "The person's manager", text("value", "The manager's id"), reference("$ref", "The manager's address"),
			text("displayName", "The manager's name"), text("managerId", "The manager's id in SCIM 1.1")))
}

func text(name, description string) *attribute {
	return &attribute{name: name, typ: typeString, description: description}
}

func boolean(name, description string) *attribute {
	return &attribute{name: name, typ: typeBoolean, description: description}
}

func reference(name, description string) *attribute {
	return &attribute{name: name, typ: typeReference, exact: true, description: description}
}

func complexOf(name, description string, sub ...*attribute) *attribute {
	return &attribute{name: name, typ: typeComplex, description: description, sub: sub}
}

func list(name, description string, sub ...*attribute) *attribute {
	return &attribute{name: name, typ: typeComplex, multi: true, description: description, sub: sub}
}

// plural is a multi-valued attribute with the RFC's default sub-attributes.
func plural(name, description string, value valueType) *attribute {
	return list(name, description, &attribute{name: "value", typ: value, exact: value != typeString, description: "The value"},
		text("display", "The name to show"), text("type", "The sort of value"), boolean("primary", "The one to prefer"))
}

func (a *attribute) need() *attribute                { a.required = true; return a }
func (a *attribute) withCase() *attribute            { a.exact = true; return a }
func (a *attribute) fixed() *attribute               { a.exact = true; return a.by(immutable) }
func (a *attribute) by(mutability string) *attribute { a.mutability = mutability; return a }
