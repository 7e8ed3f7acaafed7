package scim

// seed puts in what Okta's checks need to find: one user with names and an e-mail address, one group, one role and
// one entitlement.
func seed(s *store) {
	user := s.plant("User", map[string]any{
		"userName":    "ada.seed@example.com",
		"name":        map[string]any{"givenName": "Ada", "familyName": "Seed", "formatted": "Ada Seed"},
		"displayName": "Ada Seed",
		"active":      true,
		"emails":      []any{map[string]any{"value": "ada.seed@example.com", "type": "work", "primary": true}},
	})
	s.plant("Group", map[string]any{"displayName": "Everyone", "members": []any{map[string]any{"value": user.id}}})
	s.plant("Role", map[string]any{"displayName": "Reader", "type": "Role", "description": "May read everything"})
	s.plant("Entitlement", map[string]any{"displayName": "Standard licence", "type": "Licence", "description": "One seat"})
}

func (s *store) plant(name string, attrs map[string]any) *record {
	for _, k := range s.kinds {
		if k.name != name {
			continue
		}
		r, err := s.insert(k, attrs)
		if err != nil {
			panic(err)
		}
		return r
	}
	panic("scim: no resource type " + name)
}
