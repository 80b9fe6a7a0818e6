// Writes by soundcloud-api-ts to the sandbox at argv[2], with the token argv[3], on what argv[4] names (JSON).
// Prints what each call gave, by its name.
import { SoundCloudClient } from "./node_modules/soundcloud-api-ts/dist/index.mjs";

const [, , sandbox, token, named] = process.argv;
const { track, playlist, user, own, owned } = JSON.parse(named);
const wire = globalThis.fetch;
globalThis.fetch = (url, options) =>
  wire(String(url).replace("https://api.soundcloud.com", `${sandbox}/public`).replace("https://secure.soundcloud.com", sandbox), options);

const client = new SoundCloudClient({ clientId: "", clientSecret: "", maxRetries: 0 });
client.setToken(token);
const made = await client.playlists.create({ title: "Made", sharing: "private", tracks: [{ urn: track }] });
const calls = {
  likeTrack: () => client.likes.likeTrack(track),
  likePlaylist: () => client.likes.likePlaylist(playlist),
  unlikeTrack: () => client.likes.unlikeTrack(track),
  unlikePlaylist: () => client.likes.unlikePlaylist(playlist),
  repostTrack: () => client.reposts.repostTrack(track),
  repostPlaylist: () => client.reposts.repostPlaylist(playlist),
  unrepostTrack: () => client.reposts.unrepostTrack(track),
  unrepostPlaylist: () => client.reposts.unrepostPlaylist(playlist),
  follow: () => client.me.follow(user),
  unfollow: () => client.me.unfollow(user),
  comment: () => client.tracks.createComment(track, "Well done", 1500),
  updateTrack: () => client.tracks.update(own, { title: "Changed" }),
  deleteTrack: () => client.tracks.delete(owned),
  createPlaylist: () => made,
  updatePlaylist: () => client.playlists.update(made.urn, { title: "Again", tracks: [{ urn: own }, { urn: track }] }),
  getPlaylist: () => client.playlists.getPlaylist(made.urn),
  deletePlaylist: () => client.playlists.delete(made.urn),
  getMe: () => client.me.getMe(),
  signOut: () => client.auth.signOut(token),
};
const gave = {};
for (const [name, call] of Object.entries(calls)) gave[name] = (await call()) ?? null;
console.log(JSON.stringify(gave));
