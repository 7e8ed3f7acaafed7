package scim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// record is one resource as it is kept, independent of the dialect. It is never changed once it is in the store:
// a change makes a new record.
type record struct {
	kind     *kind
	id       string
	seq      int // place in the order of creation
	revision int
	created  time.Time
	modified time.Time
	attrs    map[string]any // by the schema's spelling; extensions by their canonical URN
}

// etag is weak (RFC 7644, section 3.14): two dialects answer the same version with different bytes.
func (r *record) etag() string { return `W/"` + strconv.Itoa(r.revision) + `"` }

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// store holds the resources of all kinds. Its methods do not lock: the Server does.
type store struct {
	kinds       []*kind
	collections map[*kind]*collection
	memberOf    map[string][]string // id of a resource -> ids of the groups that name it, in order of joining
	duplicates  bool                // unique attributes are not enforced
	now         func() time.Time
	newID       func() string
	created     int
}

// collection is the resources of one kind, in order of creation, with an index for each indexed attribute so that
// neither creating nor looking up by equality scans.
type collection struct {
	byID  map[string]*record
	order []*record
	index map[string]map[string][]string // attribute -> comparable value -> ids
}

func newStore(kinds []*kind, duplicates bool, now func() time.Time, newID func() string) *store {
	s := &store{kinds: kinds, duplicates: duplicates, now: now, newID: newID,
		collections: map[*kind]*collection{}, memberOf: map[string][]string{}}
	for _, k := range kinds {
		c := &collection{byID: map[string]*record{}, index: map[string]map[string][]string{}}
		for _, name := range k.indexed {
			c.index[name] = map[string][]string{}
		}
		s.collections[k] = c
	}
	return s
}

func (s *store) find(k *kind, id string) (*record, error) {
	if r := s.collections[k].byID[id]; r != nil {
		return r, nil
	}
	return nil, notFound("%s %s not found", k.name, shorten(id))
}

// insert adds a resource whose attributes have been accepted.
func (s *store) insert(k *kind, attrs map[string]any) (*record, error) {
	if err := s.check(k, "", attrs); err != nil {
		return nil, err
	}
	s.created++
	now := s.now()
	r := &record{kind: k, id: s.newID(), seq: s.created, revision: 1, created: now, modified: now, attrs: attrs}
	if _, taken := s.any(r.id); taken != nil {
		panic("scim: Options.NewID made the id " + r.id + " twice")
	}
	c := s.collections[k]
	c.byID[r.id] = r
	c.order = append(c.order, r)
	c.reindex(k, r.id, nil, attrs)
	s.follow(r.id, nil, members(attrs))
	return r, nil
}

// update puts attrs in the place of those of old.
func (s *store) update(old *record, attrs map[string]any) (*record, error) {
	if err := s.check(old.kind, old.id, attrs); err != nil {
		return nil, err
	}
	r := *old
	r.attrs, r.modified = attrs, s.now()
	r.revision++
	s.swap(&r)
	s.collections[r.kind].reindex(r.kind, r.id, old.attrs, attrs)
	s.follow(r.id, members(old.attrs), members(attrs))
	return &r, nil
}

// remove deletes r, and takes it out of every group that names it.
func (s *store) remove(r *record) {
	c := s.collections[r.kind]
	delete(c.byID, r.id)
	if i, ok := c.place(r); ok {
		c.order = slices.Delete(c.order, i, i+1)
	}
	c.reindex(r.kind, r.id, r.attrs, nil)
	s.follow(r.id, members(r.attrs), nil)
	for _, group := range s.memberOf[r.id] {
		s.expel(group, r.id)
	}
	delete(s.memberOf, r.id)
}

func (s *store) expel(group, id string) {
	_, old := s.any(group)
	if old == nil {
		return
	}
	r := *old
	r.attrs = withMembers(old.attrs, slices.DeleteFunc(slices.Clone(members(old.attrs)), func(m any) bool { return memberID(m) == id }))
	r.modified = s.now()
	r.revision++
	s.swap(&r)
}

// swap puts r in the place of the record with the same id. Indexes hold ids and need no change for it.
func (s *store) swap(r *record) {
	c := s.collections[r.kind]
	c.byID[r.id] = r
	if i, ok := c.place(r); ok {
		c.order[i] = r
	}
}

func (c *collection) place(r *record) (int, bool) {
	return slices.BinarySearchFunc(c.order, r.seq, func(r *record, seq int) int { return cmp.Compare(r.seq, seq) })
}

// any finds a resource that may be a group's member by its id.
func (s *store) any(id string) (*kind, *record) {
	for _, k := range s.kinds {
		if r := s.collections[k].byID[id]; r != nil {
			return k, r
		}
	}
	return nil, nil
}

// check refuses what must not be stored under id ("" for a new resource), and completes group members.
func (s *store) check(k *kind, id string, attrs map[string]any) error {
	if err := k.complete(attrs); err != nil {
		return err
	}
	if k.attribute("members") != nil {
		if err := s.checkMembers(id, attrs); err != nil {
			return err
		}
	}
	if s.duplicates {
		return nil
	}
	return s.checkUnique(k, id, attrs)
}

func (s *store) checkUnique(k *kind, id string, attrs map[string]any) error {
	for _, name := range k.indexed {
		if !k.attribute(name).unique {
			continue
		}
		for _, holder := range s.collections[k].index[name][k.comparable(name, attrs)] {
			if holder != id {
				return &problem{status: 409, scimType: uniqueness,
					detail: "a " + k.name + " with the " + name + " " + strconv.Quote(shorten(attrs[name].(string))) + " exists already"}
			}
		}
	}
	return nil
}

// comparable is the form in which equality compares the attribute's value; "" when it has none.
func (k *kind) comparable(name string, attrs map[string]any) string {
	text, _ := attrs[name].(string)
	return k.attribute(name).fold(text)
}

func (a *attribute) fold(text string) string {
	if a.exact {
		return text
	}
	return strings.ToLower(text)
}

// reindex moves id from where the old attributes put it to where the new ones do.
func (c *collection) reindex(k *kind, id string, old, attrs map[string]any) {
	for _, name := range k.indexed {
		was, is := k.comparable(name, old), k.comparable(name, attrs)
		if was == is {
			continue
		}
		index := c.index[name]
		if was != "" {
			index[was] = slices.DeleteFunc(index[was], func(each string) bool { return each == id })
			if len(index[was]) == 0 {
				delete(index, was)
			}
		}
		if is != "" {
			index[is] = append(index[is], id)
		}
	}
}

// search gives the resources that match, in order of creation; all of them when filter is nil. The result may be
// the collection's own slice and must not be changed.
func (s *store) search(k *kind, filter expr) []*record {
	c := s.collections[k]
	if filter == nil {
		return c.order
	}
	candidates := c.order
	if ids, ok := c.narrow(filter, k); ok {
		candidates = c.records(ids)
	}
	var found []*record
	for _, r := range candidates {
		if filter.match(view{s, r}) {
			found = append(found, r)
		}
	}
	return found
}

func (c *collection) records(ids []string) []*record {
	list := make([]*record, len(ids))
	for i, id := range ids {
		list[i] = c.byID[id]
	}
	slices.SortFunc(list, func(a, b *record) int { return cmp.Compare(a.seq, b.seq) })
	return list
}

// narrow gives ids among which every match of the filter is, when an index can tell.
func (c *collection) narrow(filter expr, k *kind) ([]string, bool) {
	switch e := filter.(type) {
	case *comparison:
		return c.narrowTo(e, k)
	case *junction:
		if e.or {
			return nil, false
		}
		if ids, ok := c.narrow(e.left, k); ok {
			return ids, true
		}
		return c.narrow(e.right, k)
	}
	return nil, false
}

func (c *collection) narrowTo(e *comparison, k *kind) ([]string, bool) {
	text, ok := e.value.(string)
	if !ok || e.op != "eq" || e.path.urn != "" || e.path.sub != "" {
		return nil, false
	}
	if e.path.name == "id" {
		if c.byID[text] == nil {
			return nil, true
		}
		return []string{text}, true
	}
	index, ok := c.index[e.path.name]
	if !ok || text == "" { // the index does not list empty values
		return nil, false
	}
	return index[k.attribute(e.path.name).fold(text)], true
}

// noAddress stands for the addresses that filters cannot know: they depend on how the server is reached.
func noAddress(*record) string { return "" }

// view is a record as filters and sorting see it: with what is worked out and not stored.
type view struct {
	s *store
	r *record
}

func (v view) get(urn, name string) any {
	if urn != "" {
		ext := field(v.r.attrs, urn)
		if m, ok := ext.(map[string]any); ok && name != "" {
			return field(m, name)
		}
		return ext
	}
	switch name {
	case "id":
		return v.r.id
	case "meta":
		return map[string]any{"resourceType": v.r.kind.name, "created": timestamp(v.r.created),
			"lastModified": timestamp(v.r.modified), "version": v.r.etag()}
	case "schemas":
		return V2.schemas(v.r)
	case "groups":
		return plain(v.s.groupsOf(v.r, noAddress))
	case "members":
		return plain(v.s.membersOf(v.r, noAddress))
	}
	return v.r.attrs[name]
}
