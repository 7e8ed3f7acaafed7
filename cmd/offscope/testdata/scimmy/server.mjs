// A SCIM 2.0 server whose protocol nobody of this project wrote: scimmy and scimmy-routers on express, with a store in
// memory. peer_test.go starts it, reads its address from the first line of stdout, and ends it by closing stdin.
import {randomUUID} from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const token = process.env.PEER_TOKEN;

// A store keeps the resources of one kind. What is unique is compared without case, as RFC 7643 says of userName.
class Store {
    #all = new Map();
    #unique;

    constructor(unique) {
        this.#unique = unique;
    }

    read({id, filter}) {
        if (id) return this.#get(id);
        const all = [...this.#all.values()];
        return filter ? filter.match(all) : all;
    }

    write({id}, data) {
        const before = id ? this.#get(id) : undefined;
        const name = data[this.#unique]?.toLowerCase();
        for (const other of this.#all.values()) {
            if (other.id !== id && other[this.#unique].toLowerCase() === name) {
                throw new SCIMMY.Types.Error(409, "uniqueness", `${this.#unique} is taken`);
            }
        }
        const now = new Date().toISOString();
        const {meta, ...attributes} = JSON.parse(JSON.stringify(data));
        const resource = {...attributes, id: id ?? randomUUID(), meta: {created: before?.meta.created ?? now, lastModified: now}};
        this.#all.set(resource.id, resource);
        return resource;
    }

    remove({id}) {
        this.#get(id);
        this.#all.delete(id);
    }

    #get(id) {
        const found = this.#all.get(id);
        if (!found) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
        return found;
    }
}

function declare(Resource, store) {
    SCIMMY.Resources.declare(Resource, {
        egress: resource => store.read(resource),
        ingress: (resource, data) => store.write(resource, data),
        degress: resource => store.remove(resource),
    });
}

const users = new Store("userName");
declare(SCIMMY.Resources.User, users);
declare(SCIMMY.Resources.Group, new Store("displayName"));
users.write({}, {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: "grete.peer@example.com", displayName: "Grete Peer", active: true,
    name: {givenName: "Grete", familyName: "Peer"},
    emails: [{type: "work", primary: true, value: "grete.peer@example.com"}],
});

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
    type: "bearer",
    baseUri: request => `http://${request.header("Host")}`,
    handler: request => {
        if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the bearer token is missing or wrong");
        return "tester";
    },
}));

const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/scim/v2`));
process.stdin.resume().on("end", () => process.exit(0));
