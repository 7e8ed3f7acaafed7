// The collections of request and response: headers, parameters and form fields.
//
// Go hands over and takes back lists of [name, value]; a script sees native objects and arrays.
(function (canonical) {
  "use strict";

  const has = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  const define = (object, key, value) =>
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });

  // What a script may put in the place of a value: a text, anything with a text form, or a list of them.
  function texts(value) {
    const list = Array.isArray(value) ? value : [value];
    return list.filter((item) => item !== undefined && item !== null).map(String);
  }

  // Reads a collection back, in any of the shapes a script may have given it.
  function list(collection, what) {
    if (collection === undefined || collection === null) {
      return [];
    }
    if (typeof collection !== "object") {
      throw new TypeError(`${what} must be an object or an array, not a ${typeof collection}`);
    }
    if (!Array.isArray(collection)) {
      return Object.keys(collection).flatMap((name) => texts(collection[name]).map((text) => [name, text]));
    }
    return collection.flatMap((item) => {
      if (item === null || typeof item !== "object" || item.name === undefined) {
        throw new TypeError(`each item of ${what} must be an object with name and value`);
      }
      const values = texts(item.value);
      return (values.length ? values : [""]).map((text) => [String(item.name), text]);
    });
  }

  function group(target, pairs, key) {
    for (const [name, value] of pairs) {
      const at = key(name);
      if (has(target, at)) {
        target[at].push(value);
      } else {
        define(target, at, [value]);
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
      const lower = name.toLowerCase();
      const key = Object.keys(target).find((key) => key.toLowerCase() === lower);
      return key === undefined ? name : key;
    };
    const place = (name) => {
      const key = find(name);
      return typeof key === "string" && !has(target, key) ? canonical(key) : key;
    };
    group(target, pairs, place);
    return new Proxy(target, {
      get: (target, name) => target[find(name)],
      has: (target, name) => find(name) in target,
      set: (target, name, value) => Reflect.set(target, place(name), value),
      deleteProperty: (target, name) => Reflect.deleteProperty(target, find(name)),
      defineProperty: (target, name, descriptor) => Reflect.defineProperty(target, place(name), descriptor),
      getOwnPropertyDescriptor: (target, name) => Reflect.getOwnPropertyDescriptor(target, find(name)),
    });
  }

  // Parameters are an array of {name, value}, which keeps their order, and can also be reached by name, as older scripts
  // do. What an array has itself (length, filter, …) comes first when reading.
  function params(pairs) {
    const target = pairs.map(([name, value]) => ({ name, value }));
    const isIndex = (key) => /^(0|[1-9]\d*)$/.test(key);
    const isName = (key) => typeof key === "string" && !isIndex(key) && key !== "length";
    const named = (name) => target.filter((item) => item && item.name === name);
    const remove = (name, from) => {
      for (let i = target.length - 1; i >= from; i--) {
        if (target[i] && target[i].name === name) {
          target.splice(i, 1);
        }
      }
    };
    const assign = (name, value) => {
      const items = texts(value).map((text) => ({ name, value: text }));
      let at = target.findIndex((item) => item && item.name === name);
      at = at < 0 ? target.length : at;
      remove(name, at);
      target.splice(at, 0, ...items);
      return true;
    };
    return new Proxy(target, {
      get(target, key) {
        if (!isName(key) || key in target) {
          return target[key];
        }
        const items = named(key);
        // Frozen, because a change of this list would be lost.
        return items.length ? Object.freeze(items.map((item) => item.value)) : undefined;
      },
      has: (target, key) => key in target || (isName(key) && named(key).length > 0),
      set: (target, key, value) => (isName(key) ? assign(key, value) : Reflect.set(target, key, value)),
      deleteProperty(target, key) {
        if (isName(key)) {
          remove(key, 0);
          return true;
        }
        return Reflect.deleteProperty(target, key);
      },
    });
  }

  return { list, headers, params, form };
});
