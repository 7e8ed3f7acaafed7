package scim

import (
	"maps"
	"slices"
)

// Group membership is stored once, in the group. A user's "groups" are worked out from it (RFC 7643, section 4.1.2:
// read-only), and so are a member's "display" and "$ref".

func members(attrs map[string]any) []any {
	list, _ := attrs["members"].([]any)
	return list
}

func memberID(m any) string {
	element, _ := m.(map[string]any)
	id, _ := element["value"].(string)
	return id
}

// withMembers is attrs with another list of members.
func withMembers(attrs map[string]any, list []any) map[string]any {
	changed := maps.Clone(attrs)
	if len(list) == 0 {
		delete(changed, "members")
	} else {
		changed["members"] = list
	}
	return changed
}

// checkMembers refuses members that do not exist, drops repeated ones, and fills in their type.
func (s *store) checkMembers(group string, attrs map[string]any) error {
	list := members(attrs)
	if len(list) == 0 {
		return nil
	}
	seen := make(map[string]bool, len(list))
	kept := make([]any, 0, len(list))
	for _, m := range list {
		id := memberID(m)
		k, r := s.any(id)
		if r == nil || k.name != "User" && k.name != "Group" {
			return badRequest(invalidValue, "members: there is no User or Group with the id %q", shorten(id))
		}
		if id == group {
			return badRequest(invalidValue, "members: a group cannot be its own member")
		}
		if !seen[id] {
			seen[id] = true
			kept = append(kept, typed(m.(map[string]any), k.name))
		}
	}
	attrs["members"] = kept
	return nil
}

func typed(m map[string]any, kind string) map[string]any {
	if m["type"] == kind {
		return m
	}
	m = maps.Clone(m)
	m["type"] = kind
	return m
}

// follow keeps memberOf in step with a group's members. What stands at both ends of the list is skipped, so that
// adding one member to a large group costs little.
func (s *store) follow(group string, old, list []any) {
	for len(old) > 0 && len(list) > 0 && memberID(old[0]) == memberID(list[0]) {
		old, list = old[1:], list[1:]
	}
	for len(old) > 0 && len(list) > 0 && memberID(old[len(old)-1]) == memberID(list[len(list)-1]) {
		old, list = old[:len(old)-1], list[:len(list)-1]
	}
	stays := make(map[string]bool, len(list))
	for _, m := range list {
		stays[memberID(m)] = true
	}
	was := make(map[string]bool, len(old))
	for _, m := range old {
		was[memberID(m)] = true
		if !stays[memberID(m)] {
			s.leave(memberID(m), group)
		}
	}
	for _, m := range list {
		if !was[memberID(m)] {
			s.memberOf[memberID(m)] = append(s.memberOf[memberID(m)], group)
			s.touch(memberID(m))
		}
	}
}

func (s *store) leave(id, group string) {
	left := slices.DeleteFunc(s.memberOf[id], func(each string) bool { return each == group })
	if len(left) == 0 {
		delete(s.memberOf, id)
	} else {
		s.memberOf[id] = left
	}
	s.touch(id)
}

// touch gives a resource a new version because its "groups" changed: a 304 must not hide that.
func (s *store) touch(id string) {
	if _, old := s.any(id); old != nil {
		r := *old
		r.revision++
		s.swap(&r)
	}
}

// groupsOf is the "groups" attribute of a user; nil when there are none.
func (s *store) groupsOf(r *record, address func(*record) string) any {
	if r.kind.attribute("groups") == nil || len(s.memberOf[r.id]) == 0 {
		return nil
	}
	list := []any{}
	for _, id := range s.memberOf[r.id] {
		_, group := s.any(id)
		list = append(list, object{{"value", id}, {"type", "direct"}, {"display", display(group)}, {"$ref", address(group)}})
	}
	return list
}

// membersOf is the "members" attribute of a group as it is answered; nil when there are none.
func (s *store) membersOf(r *record, address func(*record) string) any {
	stored := members(r.attrs)
	if len(stored) == 0 {
		return nil
	}
	list := make([]any, len(stored))
	for i, m := range stored {
		k, who := s.any(memberID(m)) // never nil: deleting a resource takes it out of its groups
		list[i] = object{{"value", who.id}, {"type", k.name}, {"display", display(who)}, {"$ref", address(who)}}
	}
	return list
}

// display is what people call a resource.
func display(r *record) string {
	if name, ok := r.attrs["displayName"].(string); ok {
		return name
	}
	name, _ := r.attrs["userName"].(string)
	return name
}
