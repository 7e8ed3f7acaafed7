// The collections of request and response: headers, parameters and form fields.
//
// Go hands over and takes back lists of [name, value]; a script sees native objects and arrays.
//
// A script may put functions of its own in the place of built-in ones. So what is needed of them is kept at the beginning,
// and nothing below calls a method or iterates.
(function (canonical) {
  "use strict";

  const { keys, freeze, defineProperty, getOwnPropertyDescriptor } = Object;
  const { apply, set: setProperty, deleteProperty: removeProperty, defineProperty: describe } = Reflect;
  const { isArray } = Array;
  const { hasOwnProperty } = Object.prototype;
  const { toLowerCase } = String.prototype;
  const text = String;
  const TypeMistake = TypeError;

  const has = (object, key) => apply(hasOwnProperty, object, [key]);
  const lower = (name) => apply(toLowerCase, name, []);
  const define = (object, key, value) =>
    defineProperty(object, key, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  const add = (list, value) => define(list, list.length, value);

  // What a script may put in the place of a value: a text, anything with a text form, or a list of them.
  function texts(value) {
    const list = isArray(value) ? value : [value];
    const found = [];
    for (let i = 0; i < list.length; i++) {
      if (list[i] !== undefined && list[i] !== null) {
        add(found, text(list[i]));
      }
    }
    return found;
  }

  function addPairs(list, name, values) {
    for (let i = 0; i < values.length; i++) {
      add(list, [name, values[i]]);
    }
  }

  // Reads a collection back, in any of the shapes a script may have given it.
  function list(collection, what) {
    const found = [];
    if (collection === undefined || collection === null) {
      return found;
    }
    if (typeof collection !== "object") {
      throw new TypeMistake(`${what} must be an object or an array, not a ${typeof collection}`);
    }
    if (!isArray(collection)) {
      const names = keys(collection);
      for (let i = 0; i < names.length; i++) {
        addPairs(found, names[i], texts(collection[names[i]]));
      }
      return found;
    }
    for (let i = 0; i < collection.length; i++) {
      const item = collection[i];
      if (item === null || typeof item !== "object" || item.name === undefined) {
        throw new TypeMistake(`each item of ${what} must be an object with name and value`);
      }
      const values = texts(item.value);
      addPairs(found, text(item.name), values.length ? values : [""]);
    }
    return found;
  }

  function group(target, pairs, key) {
    for (let i = 0; i < pairs.length; i++) {
      const at = key(pairs[i][0]);
      if (has(target, at)) {
        add(target[at], pairs[i][1]);
      } else {
        define(target, at, [pairs[i][1]]);
      }
    }
    return target;
  }

  function form(pairs) {
    return group({}, pairs, (name) => name);
  }

  // Header names compare without regard to case. They are enumerated in their canonical form.
  function headers(pairs) {
    const target = {};
    const find = (name) => {
      if (typeof name !== "string" || has(target, name)) {
        return name;
      }
      const wanted = lower(name);
      const names = keys(target);
      for (let i = 0; i < names.length; i++) {
        if (lower(names[i]) === wanted) {
          return names[i];
        }
      }
      return name;
    };
    const place = (name) => {
      const key = find(name);
      return typeof key === "string" && !has(target, key) ? canonical(key) : key;
    };
    group(target, pairs, place);
    return new Proxy(target, {
      __proto__: null,
      get: (target, name) => target[find(name)],
      has: (target, name) => find(name) in target,
      set: (target, name, value) => setProperty(target, place(name), value),
      deleteProperty: (target, name) => removeProperty(target, find(name)),
      defineProperty: (target, name, descriptor) => describe(target, place(name), descriptor),
      getOwnPropertyDescriptor: (target, name) => getOwnPropertyDescriptor(target, find(name)),
    });
  }

  // Parameters are an array of {name, value}, which keeps their order, and can also be reached by name, as older scripts
  // do. What an array has itself (length, filter, …) comes first when reading.
  function params(pairs) {
    const target = [];
    for (let i = 0; i < pairs.length; i++) {
      add(target, { name: pairs[i][0], value: pairs[i][1] });
    }
    const isIndex = (key) => text(key >>> 0) === key;
    const isName = (key) => typeof key === "string" && !isIndex(key) && key !== "length";
    const isNamed = (item, name) => item && item.name === name;
    const named = (name) => {
      const values = [];
      for (let i = 0; i < target.length; i++) {
        if (isNamed(target[i], name)) {
          add(values, target[i].value);
        }
      }
      return values;
    };
    // Puts values in the place of the parameters of a name: where the first of them was, or at the end.
    const assign = (name, values) => {
      const before = [];
      let put = false;
      const putAll = () => {
        for (let i = 0; i < values.length; i++) {
          add(before, { name, value: values[i] });
        }
        put = true;
      };
      for (let i = 0; i < target.length; i++) {
        if (!isNamed(target[i], name)) {
          add(before, target[i]);
        } else if (!put) {
          putAll();
        }
      }
      if (!put) {
        putAll();
      }
      target.length = 0;
      for (let i = 0; i < before.length; i++) {
        add(target, before[i]);
      }
      return true;
    };
    return new Proxy(target, {
      __proto__: null,
      get(target, key) {
        if (!isName(key) || key in target) {
          return target[key];
        }
        const values = named(key);
        return values.length ? freeze(values) : undefined; // frozen, because a change of this list would be lost
      },
      has: (target, key) => key in target || (isName(key) && named(key).length > 0),
      set: (target, key, value) => (isName(key) ? assign(key, texts(value)) : setProperty(target, key, value)),
      deleteProperty: (target, key) => (isName(key) ? assign(key, []) : removeProperty(target, key)),
    });
  }

  return { list, headers, params, form };
});
