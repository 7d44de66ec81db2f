(** Lower bounds, for every admissible trace and every number of peers. *)

From Coq Require Import Reals Lra Lia List Arith.
From Swarm Require Import Sums Model.
Import ListNotations.
Open Scope R_scope.

Section Lower.
  Context {P : Type} (P_dec : forall c d : P, {c = d} + {c <> d}).
  Context (net : network) (f : file P) (tr : list (transfer P)).
  Hypothesis ok : admissible net f tr.

  Let wf := proj1 ok.
  Let supply := proj1 (proj2 ok).
  Let cause := proj2 (proj2 ok).

  Lemma out_nonneg e t : In e tr -> 0 <= out e t.
  Proof.
    intros i. destruct (Rle_lt_dec t 0) as [before|after].
    - rewrite (out_begins _ _ _ wf) by assumption. lra.
    - rewrite <- (out_begins _ _ _ wf e 0) by (assumption || lra).
      apply (out_grows _ _ _ wf); [assumption|lra].
  Qed.

  Lemma inn_nonneg e t : In e tr -> 0 <= inn e t.
  Proof.
    intros i. destruct (Rle_lt_dec t 0) as [before|after].
    - rewrite (inn_begins _ _ _ wf) by assumption. lra.
    - rewrite <- (inn_begins _ _ _ wf e 0) by (assumption || lra).
      apply (inn_grows _ _ _ wf); [assumption|lra].
  Qed.

  Lemma arrives_after e t : In e tr -> inn e t <= out e t.
  Proof.
    intros i. pose proof (arrives_later _ _ _ wf e t i) as later.
    pose proof (lag_nonneg _ _ _ wf (dst e) (to_peer _ _ _ wf e i)).
    pose proof (out_grows _ _ _ wf e (t - lag net (dst e)) t i). lra.
  Qed.

  (** Nothing arrives before the delay is over. *)
  Lemma inn_lag e t : In e tr -> t <= lag net (dst e) -> inn e t <= 0.
  Proof.
    intros i early. pose proof (arrives_later _ _ _ wf e t i) as later.
    rewrite (out_begins _ _ _ wf) in later by (assumption || lra). assumption.
  Qed.

  Lemma delivered_later e s t : In e tr -> s <= t -> delivered f e s -> delivered f e t.
  Proof. intros i le. unfold delivered. pose proof (inn_grows _ _ _ wf e s t i le). lra. Qed.

  Lemma holds_later j c s t : s <= t -> holds f tr j c s -> holds f tr j c t.
  Proof. intros le (e & i & to & what & d). exists e. eauto 6 using delivered_later. Qed.

  Lemma sent_0 i : sent tr i 0 = 0.
  Proof.
    apply sum_zero.
    intros e k. unfold only. destruct (Nat.eq_dec _ _); [|reflexivity].
    apply (out_begins _ _ _ wf); [assumption|lra].
  Qed.

  Lemma got_lag j : 0 <= lag net j -> got tr j (lag net j) = 0.
  Proof.
    intros nn. apply sum_zero. intros e k. unfold only.
    destruct (Nat.eq_dec (dst e) j) as [<-|]; [|reflexivity].
    apply Rle_antisym; [apply inn_lag; [assumption|lra]|now apply inn_nonneg].
  Qed.

  Lemma holds_after_lag j c t : In c (pieces f) -> holds f tr j c t -> lag net j < t.
  Proof.
    intros i (e & k & <- & what & whole). unfold delivered in whole. rewrite what in whole.
    pose proof (positive _ _ _ wf c i).
    destruct (Rlt_le_dec (lag net (dst e)) t) as [|early]; [assumption|].
    pose proof (inn_lag e t k early). lra.
  Qed.

  (** If a whole copy of each of some pieces is among the transfers that [mine]
      selects, then so much volume is. *)
  Lemma whole_pieces (mine : transfer P -> R) cs :
    NoDup cs -> (forall e, In e tr -> 0 <= mine e) ->
    (forall c, In c cs -> exists e, In e tr /\ piece e = c /\ size f c <= mine e) ->
    sum (size f) cs <= sum mine tr.
  Proof.
    intros distinct nonneg each.
    apply Rle_trans with (sum (fun c => sum (only P_dec piece c mine) tr) cs).
    - apply sum_le. intros c i. destruct (each c i) as (e & k & <- & enough).
      apply Rle_trans with (1 := enough).
      rewrite <- (only_self P_dec piece mine e). apply sum_member; [|assumption].
      intros e' k'. apply only_nonneg. auto.
    - now apply sum_by_key.
  Qed.

  Lemma file_received j t : completes f tr j t -> file_size f <= got tr j t.
  Proof.
    intros all. apply whole_pieces; [apply (distinct _ _ _ wf)| |].
    - intros e i. apply only_nonneg. now apply inn_nonneg.
    - intros c i. destruct (all c i) as (e & k & to & what & d).
      exists e. repeat split; try assumption.
      unfold only. destruct (Nat.eq_dec _ _); [|tauto]. now subst.
  Qed.

  Lemma all_sent t : sum (fun e => out e t) tr = sum (fun i => sent tr i t) (nodes net).
  Proof.
    symmetry. apply sum_by_all_keys; [apply seq_NoDup|]. apply (from_node _ _ _ wf).
  Qed.

  Lemma source_is_a_node : In 0%nat (nodes net).
  Proof. apply in_seq. lia. Qed.

  Lemma sent_le_supply i t : In i (nodes net) -> 0 <= t ->
    sent tr i t <= upload net i t - upload net i 0.
  Proof.
    intros k nn. pose proof (uplinks _ _ supply i 0 t k nn). rewrite sent_0 in H. lra.
  Qed.

  (** [L]: what is there at D was sent by D - L. *)
  Context (L : R) (L_least : forall j, In j (peers net) -> L <= lag net j).

  Lemma arrives_L e t : In e tr -> inn e t <= out e (t - L).
  Proof.
    intros i. pose proof (L_least (dst e) (to_peer _ _ _ wf e i)).
    pose proof (arrives_later _ _ _ wf e t i).
    pose proof (out_grows _ _ _ wf e (t - lag net (dst e)) (t - L) i). lra.
  Qed.

  Lemma received_le_sent J t :
    NoDup J -> sum (fun j => got tr j t) J <= sum (fun e => out e (t - L)) tr.
  Proof.
    intros distinct. apply Rle_trans with (sum (fun e => inn e t) tr).
    - apply sum_by_key; [assumption|]. intros e i. now apply inn_nonneg.
    - apply sum_le. intros e i. now apply arrives_L.
  Qed.

  Section Completion.
    Context (D : R) (D_late : L <= D).

    Theorem download_bound j :
      In j (peers net) -> lag net j <= D -> completes f tr j D ->
      file_size f <= download net j D - download net j (lag net j).
    Proof.
      intros i late all. pose proof (file_received j D all).
      pose proof (downlinks _ _ supply j (lag net j) D i late).
      rewrite got_lag in H0 by now apply (lag_nonneg _ _ _ wf). lra.
    Qed.

    Lemma copies_sent J :
      NoDup J -> (forall j, In j J -> completes f tr j D) ->
      INR (length J) * file_size f <= sum (fun e => out e (D - L)) tr.
    Proof.
      intros distinct all. apply Rle_trans with (2 := received_le_sent J D distinct).
      rewrite <- sum_const. apply sum_le. intros j i. apply file_received. auto.
    Qed.

    (** The uploads of all nodes carry every copy; for any set of peers that complete, so
        in particular for the first k. *)
    Theorem aggregate_bound J :
      NoDup J -> (forall j, In j J -> completes f tr j D) ->
      INR (length J) * file_size f
        <= sum (fun i => upload net i (D - L) - upload net i 0) (nodes net).
    Proof.
      intros distinct all. apply Rle_trans with (1 := copies_sent J distinct all).
      rewrite all_sent. apply sum_le. intros i k. apply sent_le_supply; [assumption|lra].
    Qed.

    (** The same when only the source sends. *)
    Theorem client_server_bound J :
      (forall e, In e tr -> src e = 0%nat) ->
      NoDup J -> (forall j, In j J -> completes f tr j D) ->
      INR (length J) * file_size f <= upload net 0%nat (D - L) - upload net 0%nat 0.
    Proof.
      intros alone distinct all. apply Rle_trans with (1 := copies_sent J distinct all).
      apply Rle_trans with (sent tr 0%nat (D - L)).
      - apply Req_le, sum_ext. intros e i. unfold only.
        destruct (Nat.eq_dec _ _) as [|other]; [reflexivity|]. now destruct other; apply alone.
      - apply sent_le_supply; [apply source_is_a_node|lra].
    Qed.

    (** The same when each node sends nothing before a time of its own. *)
    Theorem idle_bound J (g : nat -> R) :
      NoDup J -> (forall j, In j J -> completes f tr j D) ->
      (forall i, In i (nodes net) -> g i <= D - L /\ sent tr i (g i) = 0) ->
      INR (length J) * file_size f
        <= sum (fun i => upload net i (D - L) - upload net i (g i)) (nodes net).
    Proof.
      intros distinct all idle. apply Rle_trans with (1 := copies_sent J distinct all).
      rewrite all_sent. apply sum_le. intros i k. destruct (idle i k) as [before none].
      pose proof (uplinks _ _ supply i (g i) (D - L) k before). lra.
    Qed.

    (** A peer cannot send to itself what it lacks: the others carry its copy, from the
        time on at which another node can send to it. *)
    Theorem others_bound j a :
      (forall e, In e tr -> src e <> dst e) -> a <= D - lag net j ->
      (forall e, In e tr -> dst e = j -> out e a = 0) ->
      completes f tr j D ->
      file_size f <= sum (fun i => if Nat.eq_dec i j then 0
        else upload net i (D - lag net j) - upload net i a) (nodes net).
    Proof.
      intros no_loop came none all. apply Rle_trans with (1 := file_received j D all).
      apply Rle_trans with
        (sum (fun i => sum (only Nat.eq_dec src i (only Nat.eq_dec dst j (fun e => inn e D))) tr)
             (nodes net)).
      - apply Req_le. symmetry. apply sum_by_all_keys; [apply seq_NoDup|].
        apply (from_node _ _ _ wf).
      - apply sum_le. intros i k. destruct (Nat.eq_dec i j) as [->|other].
        + apply Req_le, sum_zero. intros e l. unfold only.
          destruct (Nat.eq_dec (src e) j), (Nat.eq_dec (dst e) j); try reflexivity.
          destruct (no_loop e l). congruence.
        + apply Rle_trans with (sent tr i (D - lag net j) - sent tr i a);
            [|now apply (uplinks _ _ supply)].
          unfold sent. rewrite <- sum_minus. apply sum_le. intros e l.
          pose proof (arrives_later _ _ _ wf e D l) as later.
          pose proof (out_grows _ _ _ wf e a (D - lag net j) l came).
          unfold only. destruct (Nat.eq_dec (src e) i); [|lra].
          destruct (Nat.eq_dec (dst e) j) as [to_j|]; [|lra].
          rewrite to_j in later. rewrite (none e l to_j). lra.
    Qed.
  End Completion.

  Hypothesis finite : finite_rate net.

  (** No transfer is faster than its sender's uplink. *)
  Lemma out_lipschitz : exists V, 0 < V /\ forall e s t,
    In e tr -> s <= t -> out e t - out e s <= V * (t - s).
  Proof.
    destruct finite as (V & pos & lip). exists V. split; [assumption|]. intros e s t i le.
    pose proof (from_node _ _ _ wf e i) as node.
    apply Rle_trans with (2 := lip (src e) s t node le).
    apply Rle_trans with (2 := uplinks _ _ supply (src e) s t node le).
    unfold sent. rewrite <- sum_minus.
    apply Rle_trans with (only Nat.eq_dec src (src e) (fun e => out e t) e
                          - only Nat.eq_dec src (src e) (fun e => out e s) e).
    - rewrite !only_self. lra.
    - apply (sum_member (fun e' => only Nat.eq_dec src (src e) (fun e => out e t) e'
                                   - only Nat.eq_dec src (src e) (fun e => out e s) e'));
                                     [|assumption].
      intros e' i'. pose proof (out_grows _ _ _ wf e' s t i' le).
      unfold only. destruct (Nat.eq_dec _ _); lra.
  Qed.

  (** Every piece stems from the source. A piece takes a least time, and half of it
      was sent half of that time earlier; so the descent along senders ends. *)
  Theorem origin c j t :
    In c (pieces f) -> holds f tr j c t ->
    exists e, In e tr /\ src e = 0%nat /\ piece e = c /\ delivered f e t.
  Proof.
    intros i. pose proof (positive _ _ _ wf c i) as pos.
    destruct out_lipschitz as (V & V_pos & lip).
    set (dt := size f c / (2 * V)).
    assert (dt_pos : 0 < dt) by (apply Rdiv_lt_0_compat; lra).
    assert (half : V * dt = size f c / 2) by (unfold dt; field; lra).
    assert (forall n j t, t <= INR n * dt -> holds f tr j c t ->
              exists e, In e tr /\ src e = 0%nat /\ piece e = c /\ delivered f e t) as descent.
    { clear j t. induction n as [|n IH]; intros j t before (e & k & to & what & d);
        unfold delivered in d; rewrite what in d;
        pose proof (arrives_after e t k) as left.
      - rewrite (inn_begins _ _ _ wf) in d by (assumption || simpl in before; lra). lra.
      - rewrite S_INR in before.
        pose proof (lip e (t - dt) t k ltac:(lra)) as most.
        replace (t - (t - dt)) with dt in most by ring.
        destruct (cause e (t - dt) k ltac:(lra)) as [src0|relay].
        + exists e. unfold delivered. rewrite what. repeat split; assumption.
        + rewrite what in relay. destruct (IH _ (t - dt) ltac:(lra) relay)
          as (e' & k' & s' & w' & d').
          exists e'. repeat split; try assumption. apply delivered_later with (t - dt); auto;
            lra. }
    destruct (INR_above (t / dt)) as [n far]. apply (descent n j t).
    apply Rmult_lt_compat_r with (r := dt) in far; [|assumption].
    unfold Rdiv in far. rewrite Rmult_assoc, Rinv_l in far; lra.
  Qed.

  (** The source has sent every piece that any node holds. *)
  Lemma source_sent cs t :
    NoDup cs -> incl cs (pieces f) -> (forall c, In c cs -> exists j, holds f tr j c t) ->
    sum (size f) cs <= sent tr 0%nat (t - L).
  Proof.
    intros distinct sub held. apply whole_pieces; [assumption| |].
    - intros e i. apply only_nonneg. now apply out_nonneg.
    - intros c i. destruct (held c i) as [j h].
      destruct (origin c j t (sub c i) h) as (e & k & from & what & d).
      exists e. repeat split; try assumption. unfold only. destruct (Nat.eq_dec _ _); [|tauto].
      unfold delivered in d. rewrite what in d. pose proof (arrives_L e t k). lra.
  Qed.

  Theorem server_bound j D :
    L <= D -> completes f tr j D -> file_size f <= upload net 0%nat (D - L) - upload net 0%nat 0.
  Proof.
    intros late all. apply Rle_trans with (sent tr 0%nat (D - L)).
    - apply source_sent; [apply (distinct _ _ _ wf)|firstorder|]. intros c i. exists j. auto.
    - apply sent_le_supply; [apply source_is_a_node|lra].
  Qed.

  (** Before a peer sends, a whole piece has left the source and passed its downlink. *)
  Theorem first_piece i t c :
    In i (peers net) -> 0 < sent tr i t -> (forall x, In x (pieces f) -> c <= size f x) ->
    c <= upload net 0%nat (t - L) - upload net 0%nat 0 /\
    c <= download net i t - download net i (lag net i).
  Proof.
    intros peer active least.
    assert (exists e, In e tr /\ src e = i /\ 0 < out e t) as (e & k & from & moved).
    { destruct (existsb (fun e => if Nat.eq_dec (src e) i then
          if Rlt_dec 0 (out e t) then true else false else false) tr) eqn:some.
      - apply existsb_exists in some. destruct some as (e & k & yes). exists e.
        destruct (Nat.eq_dec (src e) i), (Rlt_dec 0 (out e t)); try discriminate; auto.
      - enough (sent tr i t <= 0) by lra. unfold sent.
        rewrite <- (sum_zero (fun _ => 0) tr) by auto. apply sum_le. intros e k. unfold only.
        destruct (Nat.eq_dec (src e) i) eqn:own; [|lra].
        destruct (Rlt_dec 0 (out e t)) as [moved|] eqn:moves; [|lra].
        enough (true = false) by discriminate. rewrite <- some. symmetry. apply existsb_exists.
        exists e. rewrite own, moves. auto. }
    apply in_seq in peer as nz. destruct (cause e t k moved) as [source|h]; [lia|].
    rewrite from in h. pose proof (known _ _ _ wf e k) as piece_e.
    pose proof (holds_after_lag i _ t piece_e h) as late. pose proof (L_least i peer). split.
    - apply Rle_trans with (1 := least _ piece_e).
      apply Rle_trans with (sent tr 0%nat (t - L)).
      + replace (size f (piece e)) with (sum (size f) [piece e]) by (simpl; ring).
        apply source_sent.
        * constructor; [simpl; tauto|constructor].
        * intros x [<-|[]]. assumption.
        * intros x [<-|[]]. eauto.
      + apply sent_le_supply; [apply source_is_a_node|lra].
    - destruct h as (e' & l & to & what & whole). apply Rle_trans with (got tr i t).
      + apply Rle_trans with (inn e' t).
        * apply Rle_trans with (2 := whole). apply least. rewrite what. assumption.
        * unfold got. rewrite <- to, <- (only_self Nat.eq_dec dst (fun e => inn e t) e').
          apply sum_member; [|assumption]. intros e'' l'. apply only_nonneg. now apply inn_nonneg.
      + pose proof (downlinks _ _ supply i (lag net i) t peer ltac:(lra)) as window.
        rewrite got_lag in window by now apply (lag_nonneg _ _ _ wf). lra.
  Qed.
End Lower.
